"""What the store says of tasks in the end: attempts and charges, which no original route shows."""

import asyncio
from collections.abc import Sequence

from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.attempts import AttemptRecord
from gofer.domain.identifiers import parse_task_id
from gofer.domain.policy import BATCH
from gofer.domain.task import Task


def accounts(url: str, task_ids: Sequence[str]) -> dict[str, Task]:
    """Return the tasks that the store at ``url`` knows, by id."""
    return asyncio.run(_read(url, task_ids))


def attempts(url: str, task_ids: Sequence[str]) -> dict[str, list[AttemptRecord]]:
    """Return what the store at ``url`` knows of each attempt of these tasks, by id."""
    return asyncio.run(_read_attempts(url, task_ids))


async def _read_attempts(url: str, task_ids: Sequence[str]) -> dict[str, list[AttemptRecord]]:
    store = RedisStore.from_url(url, StoreOptions())
    try:
        return {each: await store.history.attempts(parse_task_id(each)) or [] for each in task_ids}
    finally:
        await store.close()


async def _read(url: str, task_ids: Sequence[str]) -> dict[str, Task]:
    store = RedisStore.from_url(url, StoreOptions())
    try:
        found: dict[str, Task] = {}
        for first in range(0, len(task_ids), BATCH):
            ids = [parse_task_id(each) for each in task_ids[first : first + BATCH]]
            found |= {task.id: task for task in await store.get(ids) if task is not None}
        return found
    finally:
        await store.close()
