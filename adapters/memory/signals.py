"""Whoever waits for the memory store to change, and the waking of them.

The only part of the memory store that suspends. It knows nothing of tasks but their ids, and a
waking is a hint: whoever is woken looks for himself.
"""

import asyncio
from collections.abc import Collection, Iterable

from ...domain.identifiers import BatchId, TaskId


class Signals:
    """Futures of those who wait for tasks to end, and of those who listen for work."""

    def __init__(self) -> None:
        self._waiters: dict[TaskId | BatchId, set[asyncio.Future[None]]] = {}
        self._listeners: set[asyncio.Future[None]] = set()
        self._watchers: set[asyncio.Future[None]] = set()
        self._leaving = False

    async def wait(self, ids: Collection[TaskId | BatchId], timeout_s: float) -> None:
        """Return when one of the tasks, or one of a batch, has ended, or when time is up."""
        if self._leaving:
            return
        future = asyncio.get_running_loop().create_future()
        for task_id in ids:
            self._waiters.setdefault(task_id, set()).add(future)
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            for task_id in ids:
                self._waiters[task_id].discard(future)
                if not self._waiters[task_id]:
                    del self._waiters[task_id]

    async def listen(self, timeout_s: float) -> None:
        """Return when listeners are woken, or when time is up."""
        future = asyncio.get_running_loop().create_future()
        self._listeners.add(future)
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            self._listeners.discard(future)

    async def watch(self, timeout_s: float) -> None:
        """Return when anything has changed, or when time is up."""
        future = asyncio.get_running_loop().create_future()
        self._watchers.add(future)
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            self._watchers.discard(future)

    def wake_watchers(self) -> None:
        """Wake all who watch."""
        _wake(self._watchers)

    def wake_waiters(self, ids: Iterable[TaskId | BatchId]) -> None:
        """Wake those who wait for one of these tasks or batches."""
        for task_id in ids:
            _wake(self._waiters.get(task_id, ()))

    def wake_listeners(self) -> None:
        """Wake all who listen."""
        _wake(self._listeners)

    def leave(self) -> None:
        """Wake those who wait for tasks, and let nobody wait for any from now on."""
        self._leaving = True
        self.wake_waiters(list(self._waiters))

    def wake_all(self) -> None:
        """Wake everybody."""
        self.wake_waiters(list(self._waiters))
        self.wake_listeners()
        self.wake_watchers()


def _wake(futures: Iterable[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
