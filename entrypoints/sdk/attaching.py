"""Futures of tasks that were submitted before: by another process, or by this one's ancestor."""

from collections import defaultdict
from typing import Any

from ...domain.errors import InvalidIdentifier
from ...domain.identifiers import BatchId, batch_of, member_ids, parse_task_id, position_of
from .engine import Engine
from .futures import TaskFuture
from .streams import Expected


def to_task(engine: Engine, task_id: str) -> TaskFuture[Any]:
    """Return the future of one task; raise ValueError for what is no id."""
    try:
        named = parse_task_id(task_id)
    except InvalidIdentifier as error:
        raise ValueError(str(error)) from None
    future = _future(engine, named)
    engine.adopt(Expected(f"/v1/tasks/{named}/result", {0: future}))
    return future


def to_batch(engine: Engine, batch_id: str) -> list[TaskFuture[Any]]:
    """Return the futures of a batch's tasks, in their order; raise Refused, Unreachable."""
    stands = engine.read(f"/v1/batches/{batch_id}")
    batch = BatchId(stands["id"])
    positions = range(1, stands.get("last", stands["count"]) + 1)
    futures = {
        position: _future(engine, task_id)
        for position, task_id in zip(positions, member_ids(batch, positions), strict=True)
    }
    tasks = list(futures.values())
    if futures:
        engine.adopt(Expected(f"/v1/batches/{batch}/results", futures))
    return tasks


def to_tag(engine: Engine, tag: str) -> list[TaskFuture[Any]]:
    """Return the futures of all tasks with a tag, oldest first; raise Refused, Unreachable."""
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = engine.read("/v1/tasks", {"tag": tag, "limit": 1000, "cursor": cursor})
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    futures = {task_id: _future(engine, task_id) for task_id in reversed(ids)}
    batches: defaultdict[str, dict[int, TaskFuture[Any]]] = defaultdict(dict)
    for task_id, future in futures.items():
        known = parse_task_id(task_id)
        batch = batch_of(known)
        if batch is None:
            engine.adopt(Expected(f"/v1/tasks/{known}/result", {0: future}))
        else:
            batches[batch][position_of(known)] = future
    for batch_id, members in batches.items():
        engine.adopt(Expected(f"/v1/batches/{batch_id}/results", members))
    return list(futures.values())


def _future(engine: Engine, task_id: str) -> TaskFuture[Any]:
    future: TaskFuture[Any] = TaskFuture(engine)
    future.recorded(task_id)
    return future
