"""Loopback ports for servers that tests start, that stay theirs while a server is down.

A test names a port before a process listens there, and starts what it has killed on the same port
again. The port of ``bind(0)`` does not suit: as long as nobody listens, the system may give it to
any other ``bind(0)`` or outgoing connection, of which test processes beside this one make hundreds.
"""

import os
import socket
from collections.abc import Iterator
from errno import EADDRINUSE
from itertools import islice
from random import SystemRandom

LOOPBACK = "127.0.0.1"

FIRST, BEHIND = 20_000, 32_000
"""Below what systems give away themselves: Linux from 32768 on, macOS from 49152 on."""

SHARE = 1_500
"""Ports of one test process; the ninth has those of the first."""


def _mine() -> Iterator[int]:
    """Yield the ports of this test process for ever, each once before any comes twice."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + number * SHARE % (BEHIND - FIRST)
    at = SystemRandom().randrange(SHARE)  # another run of the tests may go on beside this one
    while True:
        at = (at + 1) % SHARE
        yield first + at


_ports = _mine()


def free_port() -> int:
    """Return a TCP port on which nothing listens, and that nobody is given who asks for any."""
    for port in islice(_ports, SHARE):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:  # in use, or a connection to who listened there has not faded yet
                continue
            return port
    raise OSError(EADDRINUSE, f"all of {SHARE} ports are in use")


def accepts_connections(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether something listens on ``port`` now."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
