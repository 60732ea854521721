"""What the start says about real servers whose settings put tasks at risk."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from tests.support.failover import follow
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer, choose_binary
from tests.support.waiting import wait_until

Started = Callable[..., RedisServer]


@pytest.fixture
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Start servers with options of the test's own."""
    with ExitStack() as stack:

        def start(
            options: Mapping[str, str] | None = None, folder: Path | None = None
        ) -> RedisServer:
            place = folder or tmp_path_factory.mktemp("redis")
            server = RedisServer(choose_binary(os.environ), place, options)
            server.start()
            stack.callback(server.kill)
            return server

        yield start


async def examined(server: RedisServer) -> list[str]:
    """Return what the start says about this server, less what depends on the machine's /tmp."""
    store = RedisStore.from_url(server.url)
    try:
        return [words for words in await store.examine() if "in memory (tmpfs)" not in words]
    finally:
        await store.close()


RISKS = [
    ({"appendonly": "no"}, "keeps nothing on its disk"),
    ({"appendonly": "no", "save": "3600 1"}, "since its last snapshot"),
    ({"appendfsync": "no"}, "power loss"),
    ({"no-appendfsync-on-rewrite": "yes"}, "while it rewrites it"),
]


@pytest.mark.parametrize(("options", "words"), RISKS, ids=lambda value: str(value)[:40])
async def test_a_risky_setting_is_said(
    started: Started, options: Mapping[str, str], words: str
) -> None:
    (warning,) = await examined(started(options))
    assert words in warning


async def test_a_server_as_it_should_be_is_taken_without_a_word(started: Started) -> None:
    assert await examined(started({"maxmemory": "64mb"})) == []


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "volatile-random"])
async def test_a_policy_that_throws_tasks_away_is_refused(started: Started, policy: str) -> None:
    with pytest.raises(StoreIncompatible, match=f"maxmemory-policy is {policy}"):
        await examined(started({"maxmemory-policy": policy}))


@pytest.mark.parametrize("read_only", ["yes", "no"])
async def test_a_replica_is_waited_for(started: Started, read_only: str) -> None:
    master = started()
    replica = started({"replica-read-only": read_only})
    follow(replica, master)
    with pytest.raises(StoreUnavailable, match="replica"):
        await examined(replica)
    (warning,) = await examined(master)
    assert "min-replicas-to-write" in warning
    with redis_admin(replica.url) as admin:
        admin.execute_command("REPLICAOF", "NO", "ONE")
    assert await examined(replica) == []


async def test_a_node_of_a_cluster_is_warned_of(started: Started) -> None:
    node = started({"cluster-enabled": "yes", "databases": "1"})
    with pytest.raises(StoreUnavailable, match="cluster is down"):
        await examined(node)
    with redis_admin(node.url) as admin:
        for first in range(0, 16_384, 4_096):  # ADDSLOTSRANGE is of Redis 7
            admin.execute_command("CLUSTER", "ADDSLOTS", *range(first, first + 4_096))
        wait_until(
            lambda: "cluster_state:ok" in str(admin.execute_command("CLUSTER", "INFO")),
            "the cluster is up",
        )
    (warning,) = await examined(node)
    assert "node of a Redis Cluster" in warning


async def test_files_in_memory_are_warned_of_where_the_system_tells(started: Started) -> None:
    volatile = [
        mount.mountpoint
        for mount in psutil.disk_partitions(all=True)
        if mount.fstype == "tmpfs" and os.access(mount.mountpoint, os.W_OK)
    ]
    said: list[str] = []
    for parent in volatile[:1]:  # none on macOS
        with TemporaryDirectory(dir=parent) as folder:
            server = started({"appendonly": "no"}, Path(folder))
            store = RedisStore.from_url(server.url)
            said += await store.examine()
            await store.close()
            server.kill()
    assert sum("is in memory (tmpfs)" in words for words in said) == len(volatile[:1])
