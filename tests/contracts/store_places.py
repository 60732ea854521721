"""Where the unfinished tasks of a store on Redis are, by its keys."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gofer.domain.identifiers import TaskId


async def places_of(client: Any, prefix: str, tags: Sequence[str]) -> Counter[tuple[TaskId, str]]:
    """Return how often each task is in a queue (Q), among the delayed (D), or leased (R).

    No body may be left where it was put for a call.
    """
    assert not await client.keys(f"{prefix}s:*")
    ready = [
        task_id
        for priority in (0, 1, 2)
        for tag in tags
        for task_id in await client.lrange(f"{prefix}ready:{priority}:{tag}", 0, -1)
    ]
    places = {
        "Q": ready,
        "D": await client.zrange(f"{prefix}delayed", 0, -1),
        "R": await client.zrange(f"{prefix}lease", 0, -1),
    }
    return Counter(
        (TaskId(task_id.decode()), place) for place, ids in places.items() for task_id in ids
    )
