"""A Redis master and its replica behind one address, and the failover from the one to the other."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.failure_logs import show_when_failed
from tests.support.forwarder import Forwarder
from tests.support.ports import LOOPBACK
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer, choose_binary
from tests.support.waiting import wait_until


class Pair:
    """Two servers; ``url`` leads to the one that is to be master."""

    def __init__(self, master: RedisServer, replica: RedisServer, forwarder: Forwarder) -> None:
        self.master = master
        self.replica = replica
        self._forwarder = forwarder

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self._forwarder.port}/0"

    def begin(self) -> None:
        """Let the replica follow the master, and the address lead to the master."""
        self._forwarder.target = self.master.port
        follow(self.replica, self.master)

    def lose_writes_from_now_on(self) -> None:
        """Separate the replica, after it has everything that was written so far."""
        self._replicated()
        with redis_admin(self.replica.url) as admin:
            admin.execute_command("REPLICAOF", LOOPBACK, "1")  # nobody listens there

    def promote(self) -> None:
        """Make the replica the master, and let new connections lead to it."""
        with redis_admin(self.replica.url) as admin:
            admin.execute_command("REPLICAOF", "NO", "ONE")
        self._forwarder.target = self.replica.port

    def fail_over(self) -> None:
        """Kill the master, and let the replica take its place."""
        self.master.kill()
        self.promote()

    def demote_the_master(self) -> None:
        """Let the two change places while both live, as a planned switch does.

        The replica is given all that was written first: after its full synchronisation a master
        streams nothing to it before it acknowledged that, and "link up" says nothing of it.
        """
        self._replicated()
        self.promote()
        follow(self.master, self.replica)

    def _replicated(self) -> None:
        with redis_admin(self.master.url) as admin:
            assert admin.execute_command("WAIT", "1", "5000") == 1


def follow(replica: RedisServer, master: RedisServer) -> None:
    """Make one server the replica of another; return when it has all that the other has."""
    with redis_admin(replica.url) as admin:
        admin.execute_command("REPLICAOF", LOOPBACK, str(master.port))
        wait_until(
            lambda: admin.execute_command("INFO", "replication")["master_link_status"] == "up",
            "the replica follows its master",
        )


@pytest.fixture
def redis_pair(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Pair]:
    """A master and its replica, running, behind one address."""
    node = request.node
    assert isinstance(node, pytest.Item)
    with ExitStack() as stack:
        servers: list[RedisServer] = []
        for name in ("master", "replica"):
            server = RedisServer(choose_binary(os.environ), tmp_path_factory.mktemp(name))
            show_when_failed(node, f"log of the {name}", server.log)
            server.start()
            stack.callback(server.kill)
            servers.append(server)
        forwarder = Forwarder(servers[0].port)
        forwarder.start()
        stack.callback(forwarder.stop)
        pair = Pair(servers[0], servers[1], forwarder)
        pair.begin()
        yield pair
