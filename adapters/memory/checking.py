"""Whether the memory store's records agree with each other: each task is in one place."""

from ...domain.task import TaskStatus
from .records import Records


def check(records: Records) -> None:
    """Raise AssertionError unless every task is in exactly one place, and nothing else is."""
    ready = [task_id for queue in records.ready.values() for task_id in queue]
    ended = [task_id for _, task_id in records.ended]
    _hold(len(set(ready)) == len(ready), "a task is in two queues")
    _hold(len(set(ended)) == len(ended), "a task ended twice")
    _hold(set(ready) | set(ended) <= set(records.tasks), "a place holds a task that is gone")
    waiting, over = set(ready), set(ended)
    delays, leases = set(records.delays), set(records.leases)
    for task_id, record in records.tasks.items():
        queued = record.status is TaskStatus.QUEUED
        running = record.status is TaskStatus.RUNNING
        terminal = record.status.is_terminal
        if not (
            (task_id in waiting) == (queued and record.due is None)
            and (queued or record.due is None)
            and (record.due is None or (record.due, task_id) in delays)
            and (not running or (record.lease_until, task_id) in leases)
            and (not running or record.attempt is not None)
            and (task_id in over) == terminal
            and (record.outcome is not None) == terminal
            and (record.finished_at_ms is not None) == terminal
        ):
            raise AssertionError(f"task {task_id}: {record}")


def _hold(condition: bool, story: str) -> None:  # noqa: FBT001 - the condition is the point
    if not condition:
        raise AssertionError(story)
