"""Plain sockets at a dispatcher's port, and what shows that it still does its work."""

from collections.abc import Generator
from contextlib import contextmanager

import zmq

from tests.support.ports import LOOPBACK
from tests.support.processes import StartedProcess
from tests.support.system import System

MIB = 1024 * 1024
MOST_MEMORY = 512 * MIB


@contextmanager
def raw(kind: int, port: int) -> Generator["zmq.Socket[bytes]"]:
    """Give a plain ZeroMQ socket that is connected to the dispatcher's port."""
    with zmq.Context() as context, context.socket(kind) as peer:
        peer.set(zmq.LINGER, 1_000)
        peer.set(zmq.RCVTIMEO, 10_000)
        peer.connect(f"tcp://{LOOPBACK}:{port}")
        yield peer


def listening_dispatcher(system: System, mode: str) -> StartedProcess:
    """Start a dispatcher and wait until peers can reach it."""
    dispatcher = system.start_dispatcher(mode)
    dispatcher.wait_for_log("workers may connect to")
    return dispatcher


def assert_that_it_works(system: System, mode: str) -> None:
    """Have a task run by a proper worker."""
    system.start_worker(mode)
    caller = system.caller()
    assert caller.ending(caller.submit(len, "four")).value == 4
