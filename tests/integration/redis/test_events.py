"""The feed of changes on a real server: where it begins."""

from gofer.adapters.redis.driver import Timeouts, open_clients
from gofer.adapters.redis.keys import Keys
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import TaskId, uuid7
from tests.support.redis_admin import redis_admin


async def test_what_comes_in_the_millisecond_in_which_it_begins_is_told(redis_url: str) -> None:
    store = RedisStore(*open_clients(redis_url, Timeouts()), StoreOptions())
    task_id = TaskId(uuid7(0, 1))
    try:
        begun = await store.events.changes("", 10, 0)
        then = begun.cursor.partition("-")[0]
        with redis_admin(redis_url) as client:
            client.execute_command("XADD", Keys().events, f"{then}-*", "Q", task_id)
        told = await store.events.changes(begun.cursor, 10, 0)
    finally:
        await store.close()
    assert [each.task_id for each in told.changes] == [task_id]
