"""Every exception of the driver, on every method of the store, becomes StoreUnavailable."""

import ssl
from collections.abc import Awaitable, Callable

import pytest
from redis import exceptions
from redis.asyncio import Redis

from gofer.adapters.redis.failures import unavailable
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import StoreUnavailable
from gofer.domain.identifiers import Attempt, TaskId, uuid7
from tests.contracts.store_backend import FUNCTION, a_task, done, lost
from tests.unit.adapters.redis.failing_client import failing

ATTEMPT = Attempt(TaskId(uuid7(1, 1)), 1, "fence")
TASK_ID = ATTEMPT.task_id

ERRORS: list[tuple[Exception, str]] = [
    (exceptions.ConnectionError("Error 111 connecting to h:1. Refused."), "no connection"),
    (exceptions.ConnectionError("No connection available."), "all our connections"),
    (exceptions.ConnectionError("max number of clients reached"), "maxclients"),
    (exceptions.MaxConnectionsError("Too many connections"), "all our connections"),
    (exceptions.TimeoutError("Timeout reading from h:1"), "did not answer in time"),
    (TimeoutError(), "did not answer in time"),
    (ConnectionResetError("reset"), "no connection"),
    (EOFError(), "no connection"),
    (ssl.SSLError("certificate verify failed"), "no connection"),
    (exceptions.BusyLoadingError("Redis is loading the dataset in memory"), "loading"),
    (exceptions.ReadOnlyError("You can't write against a read only replica."), "read-only"),
    (exceptions.OutOfMemoryError("command not allowed"), "full"),
    (exceptions.ResponseError("OOM command not allowed, script: 1, on @user_script:9."), "full"),
    (exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"), "disk"),
    (exceptions.ResponseError("BUSY Redis is busy running a script."), "busy"),
    (exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."), "replicas"),
    (exceptions.ResponseError("UNBLOCKED force unblock from blocking operation"), "demoted"),
    (exceptions.MasterDownError("Link with MASTER is down"), "lost its master"),
    (exceptions.ClusterDownError("Hash slot not served"), "cluster is down"),
    (exceptions.RedisClusterException("slot not covered"), "cluster"),
    (exceptions.MovedError("3999 127.0.0.1:6381"), "keys are on another one"),
    (exceptions.AuthenticationError("invalid username-password pair"), "user name and password"),
    (exceptions.ResponseError("NOAUTH Authentication required."), "wants a password"),
    (exceptions.ResponseError("WRONGPASS invalid username-password pair"), "user name"),
    (exceptions.NoPermissionError("this user has no permissions"), "access rules"),
    (exceptions.InvalidResponse("Protocol Error"), "InvalidResponse"),
    (exceptions.ResponseError("ERR something new"), "ResponseError"),
]

CALLS: dict[str, Callable[[RedisStore], Awaitable[object]]] = {
    "put": lambda store: store.put([FUNCTION]),
    "fetch": lambda store: store.fetch([FUNCTION.id]),
    "submit": lambda store: store.submit([a_task()]),
    "claim": lambda store: store.claim("d1", "fence", {"cpython-3.11": 1}, 1_000),
    "leased": lambda store: store.leased("d1"),
    "start": lambda store: store.start([ATTEMPT]),
    "renew": lambda store: store.renew([ATTEMPT], 1_000),
    "adopt": lambda store: store.adopt("d1", [ATTEMPT], 1_000),
    "complete": lambda store: store.complete(done([ATTEMPT])),
    "fail": lambda store: store.fail(lost([ATTEMPT])),
    "release": lambda store: store.release([ATTEMPT]),
    "reap": lambda store: store.reap(1),
    "cancel": lambda store: store.cancel([TASK_ID]),
    "get": lambda store: store.get([TASK_ID]),
    "outcomes": lambda store: store.outcomes([TASK_ID]),
    "wait": lambda store: store.wait([TASK_ID], 0),
    "listen": lambda store: store.listen("d1", 0),
    "listen for a while": lambda store: store.listen("d1", 1),
    "ping": lambda store: store.ping(),
    "examine": lambda store: store.examine(),
    "close": lambda store: store.close(),
}


def store_over(client: Redis) -> RedisStore:
    return RedisStore(client, client, StoreOptions())


@pytest.mark.parametrize(("error", "words"), ERRORS, ids=lambda value: str(value)[:40])
def test_the_reason_is_in_plain_words(error: Exception, words: str) -> None:
    assert words in unavailable(error).reason


@pytest.mark.parametrize("call", CALLS)
async def test_no_exception_of_the_driver_leaves_the_store(call: str) -> None:
    for error, words in ERRORS:
        with pytest.raises(StoreUnavailable, match=words):
            await CALLS[call](store_over(failing(error)))


async def test_a_lost_connection_is_told_without_the_url() -> None:
    secret = exceptions.ConnectionError("Error connecting to redis://user:hunter2@host")
    assert "hunter2" not in str(unavailable(secret))


async def test_waiting_tells_of_a_store_that_is_away_and_leaves_nothing_behind() -> None:
    store = store_over(failing(exceptions.ConnectionError("refused")))
    with pytest.raises(StoreUnavailable):
        await store.wait([TASK_ID], 0.05)
    with pytest.raises(StoreUnavailable):
        await store.close()


async def test_an_error_that_is_no_store_failure_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        await store_over(failing(ZeroDivisionError())).ping()
