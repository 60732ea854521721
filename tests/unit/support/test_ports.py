"""Ports of servers that tests start and start again."""

import socket
from pathlib import Path

from tests.support.ports import BEHIND, FIRST, LOOPBACK, SHARE, free_port

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_port_is_given_once() -> None:
    given = [free_port() for _ in range(100)]
    assert len(set(given)) == len(given)


def test_a_port_in_use_is_not_given() -> None:
    with socket.create_server((LOOPBACK, free_port())) as server:
        taken = server.getsockname()[1]
        assert taken not in {free_port() for _ in range(SHARE)}


def test_the_system_gives_none_of_them_away() -> None:
    told = EPHEMERAL.read_text(encoding="ascii") if EPHEMERAL.exists() else "49152 65535"
    first = int(told.split()[0])
    assert FIRST <= free_port() < BEHIND <= first
