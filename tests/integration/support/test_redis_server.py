"""The private server: it survives its own crash, and a paused one answers nobody."""

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.support.redis_admin import redis_admin
from tests.support.redis_fixtures import keys_without_limit, refuse_a_database_in_use
from tests.support.redis_server import RedisServer


def test_data_survives_a_crash_and_a_restart_on_the_same_url(private_redis: RedisServer) -> None:
    url = private_redis.url
    with redis_admin(url) as client:
        client.execute_command("SET", "key", "value")
    private_redis.kill()
    private_redis.start()
    with redis_admin(private_redis.url) as client:
        assert client.execute_command("GET", "key") == "value"
    assert private_redis.url == url


def test_a_paused_server_answers_after_it_is_resumed(private_redis: RedisServer) -> None:
    impatient = f"{private_redis.url}?socket_timeout=0.1"
    private_redis.pause()
    with redis_admin(impatient) as client, pytest.raises(RedisTimeoutError):
        client.dbsize()
    private_redis.resume()
    with redis_admin(private_redis.url) as client:
        assert client.dbsize() == 0


def test_a_test_starts_with_an_empty_database(redis_url: str) -> None:
    with redis_admin(redis_url) as client:
        assert client.dbsize() == 0


def test_keys_without_a_limit_are_found(redis_url: str) -> None:
    with redis_admin(redis_url) as client:
        client.execute_command("SET", "endless", "1")
        client.execute_command("SET", "bounded:1", "1")
        client.execute_command("SET", "mortal", "1", "EX", 60)
    assert keys_without_limit(redis_url, bounded=["bounded:*"]) == ["endless"]


def test_a_database_in_use_is_not_erased(redis_url: str) -> None:
    with redis_admin(redis_url) as client:
        client.execute_command("SET", "somebody's", "data")
    with pytest.raises(RuntimeError, match="holds 1 keys"):
        refuse_a_database_in_use(redis_url)
