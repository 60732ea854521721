"""A server whose settings put tasks at risk: each part says so when it starts, or refuses it."""

import pytest

from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer

COMMANDS = ["api", "dispatcher"]


def start(processes: ProcessRunner, command: str, server: RedisServer) -> StartedProcess:
    words = (command, "--store", server.url, "--port", "0")
    return processes.start_module("gofer.entrypoints.cli", *words)


def configure(server: RedisServer, *words: str) -> None:
    with redis_admin(server.url) as admin:
        admin.execute_command("CONFIG", "SET", *words)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_could_lose_tasks_is_said_with_what_to_do(
    processes: ProcessRunner, private_redis: RedisServer, command: str
) -> None:
    configure(private_redis, "appendonly", "no")
    process = start(processes, command, private_redis)
    process.wait_for_log("CONFIG SET appendonly yes")
    (line,) = [line for line in process.log().splitlines() if "CONFIG SET appendonly" in line]
    assert "WARNING" in line
    assert process.exit_code is None


@pytest.mark.parametrize("command", COMMANDS)
def test_what_would_lose_tasks_is_refused_with_what_to_do(
    processes: ProcessRunner, private_redis: RedisServer, command: str
) -> None:
    configure(private_redis, "maxmemory-policy", "allkeys-lru")
    process = start(processes, command, private_redis)
    assert process.wait() == 1
    assert "CONFIG SET maxmemory-policy noeviction" in process.log()
    assert "Traceback" not in process.log()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_replica_is_waited_for_until_it_is_promoted(
    processes: ProcessRunner, private_redis: RedisServer, command: str
) -> None:
    with redis_admin(private_redis.url) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", "1")
    process = start(processes, command, private_redis)
    process.wait_for_log("replica; waiting for redis://")
    assert process.exit_code is None
    with redis_admin(private_redis.url) as admin:
        admin.execute_command("REPLICAOF", "NO", "ONE")
    process.wait_for_log("the store is there")
