"""What every OutputStore does, in code; see ``task_store.py`` for how adapters use it."""

import asyncio
from collections.abc import Awaitable

from gofer.domain.identifiers import Attempt, TaskId, uuid7
from gofer.domain.output import TAIL_BYTES, Piece, Progress
from gofer.domain.ports import Shown, Store
from tests.contracts.store_backend import SHORT_MS, OpenBackend, done, running
from tests.contracts.store_contract import StoreContract

TASK = TaskId(uuid7(1_700_000_000_000, 77))
HALF = Progress(0.5, 1.0, "größe")
DEADLINE_S = 20.0


def piece(
    start: int,
    data: bytes,
    progress: Progress | None = None,
    *,
    task: TaskId = TASK,
    number: int = 1,
) -> Piece:
    """Return a piece of a task's output."""
    return Piece(Attempt(task, number, "token"), start, data, progress)


async def the_shown(store: Store, task_id: TaskId = TASK) -> Shown:
    shown = await store.output.shown(task_id)
    assert shown is not None
    return shown


async def soon(waiting: Awaitable[None]) -> None:
    """Wait for something that must happen well before its own time is up."""
    async with asyncio.timeout(DEADLINE_S):
        await waiting


class OutputStoreContract(StoreContract):
    async def test_a_task_has_shown_nothing_at_first(self, store: Store) -> None:
        assert await store.output.shown(TASK) is None

    async def test_pieces_are_put_together(self, store: Store) -> None:
        await store.output.show([piece(0, b"one\n"), piece(4, b"\xfftwo\r\n", HALF)])
        shown = await the_shown(store)
        assert (shown.number, shown.start, shown.data) == (1, 0, b"one\n\xfftwo\r\n")
        assert shown.progress == HALF

    async def test_what_is_told_again_is_not_added_again(self, store: Store) -> None:
        for again in (piece(0, b"abcd"), piece(0, b"abcd"), piece(2, b"cdef"), piece(1, b"bc")):
            await store.output.show([again])
        assert (await the_shown(store)).data == b"abcdef"

    async def test_after_a_gap_what_follows_it_is_left(self, store: Store) -> None:
        await store.output.show([piece(0, b"abcd"), piece(9, b"xyz")])
        shown = await the_shown(store)
        assert (shown.start, shown.data) == (9, b"xyz")

    async def test_of_much_output_the_end_is_kept(self, store: Store) -> None:
        for n in range(5):
            await store.output.show([piece(n * 30_000, b"%d" % n * 30_000)])
        shown = await the_shown(store)
        assert len(shown.data) == TAIL_BYTES
        assert shown.end == 150_000
        assert shown.data.endswith(b"3" + b"4" * 30_000)

    async def test_progress_stays_until_there_is_other(self, store: Store) -> None:
        await store.output.show([piece(0, b"", HALF)])
        await store.output.show([piece(0, b"more")])
        assert (await the_shown(store)).progress == HALF
        await store.output.show([piece(4, b"", Progress(3))])
        assert (await the_shown(store)).progress == Progress(3)

    async def test_a_later_attempt_begins_anew_and_an_earlier_one_is_dropped(
        self, store: Store
    ) -> None:
        await store.output.show([piece(0, b"first", HALF)])
        await store.output.show([piece(0, b"second", number=2)])
        await store.output.show([piece(5, b"late", Progress(9), number=1)])
        shown = await the_shown(store)
        assert (shown.number, shown.data, shown.progress) == (2, b"second", None)

    async def test_tasks_have_their_own(self, store: Store) -> None:
        other = TaskId(uuid7(1_700_000_000_000, 78))
        await store.output.show([piece(0, b"a"), piece(0, b"b", task=other)])
        assert [(await the_shown(store, each)).data for each in (TASK, other)] == [b"a", b"b"]

    async def test_the_revision_changes_whenever_something_is_shown(self, store: Store) -> None:
        revisions = [0]
        for n in range(3):
            await store.output.show([piece(n, b"x")])
            revisions.append((await the_shown(store)).revision)
        assert len(set(revisions)) == 4

    async def test_who_waits_is_woken_by_what_is_shown(self, store: Store) -> None:
        (attempt,) = await running(store)
        task_id = attempt.task_id
        waiting = asyncio.create_task(store.output.wait_shown(task_id, 0, DEADLINE_S * 2))
        await asyncio.sleep(0)
        await store.output.show([piece(0, b"x", task=task_id)])
        await soon(waiting)
        assert (await the_shown(store, task_id)).revision != 0

    async def test_who_waits_for_what_is_there_already_does_not_wait(self, store: Store) -> None:
        (attempt,) = await running(store)
        await store.output.show([piece(0, b"x", task=attempt.task_id)])
        await soon(store.output.wait_shown(attempt.task_id, 0, DEADLINE_S * 2))

    async def test_who_waits_is_woken_by_the_end_of_the_task(self, store: Store) -> None:
        (attempt,) = await running(store)
        waiting = asyncio.create_task(store.output.wait_shown(attempt.task_id, 0, DEADLINE_S * 2))
        await asyncio.sleep(0)
        await store.complete(done([attempt]))
        await soon(waiting)
        await soon(store.output.wait_shown(attempt.task_id, 0, DEADLINE_S * 2))

    async def test_who_waits_in_vain_returns_when_time_is_up(self, store: Store) -> None:
        (attempt,) = await running(store)
        await soon(store.output.wait_shown(attempt.task_id, 0, 0.01))
        assert await store.output.shown(attempt.task_id) is None

    async def test_it_is_forgotten_after_the_retention(self, open_backend: OpenBackend) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        await backend.store.output.show([piece(0, b"x")])
        await backend.advance(SHORT_MS)
        assert await backend.store.output.shown(TASK) is None
