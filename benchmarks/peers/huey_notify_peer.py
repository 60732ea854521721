"""Huey with ``notify_result``: waiting for a result blocks on a list instead of polling."""

import os

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.huey_peer import HueyPeer

if __name__ == "__main__":
    os.environ["BENCH_HUEY_NOTIFY"] = "1"
    serve(operations(HueyPeer()))
