"""The use cases about output: live while an attempt runs, then the evidence of its outcome."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.memory.clock import ManualClock
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.errors import NotFound
from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.output import TAIL_BYTES, Piece, Progress
from gofer.domain.outputs import Outputs
from gofer.domain.ports import Completion, Defeat
from gofer.domain.task import Cause, Failure, Success
from tests.contracts.store_backend import RETRY_NOW, WORKER, lost, queue, running, take

UNKNOWN = TaskId("018bcfe5-6800-7000-8000-000000000001")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock())


@pytest.fixture
def outputs(store: MemoryStore) -> Outputs:
    return Outputs(store, store.output, store.history)


async def a_run(store: MemoryStore) -> Attempt:
    (attempt,) = await running(store)
    return attempt


async def end(store: MemoryStore, attempt: Attempt, output: str) -> None:
    await store.complete([Completion(attempt, WORKER, Success(b"", output=output))])


async def test_a_running_task_is_followed_from_offset_to_offset(
    store: MemoryStore, outputs: Outputs
) -> None:
    attempt = await a_run(store)
    await store.output.show([Piece(attempt, 0, b"one\n")])
    first = await outputs.logs(attempt.task_id)
    assert (first.text, first.next_offset, first.done, first.attempt) == ("one\n", 4, False, 1)
    await store.output.show([Piece(attempt, 4, b"two\n")])
    second = await outputs.logs(attempt.task_id, after=first.next_offset)
    assert (second.text, second.next_offset, second.truncated) == ("two\n", 8, False)
    assert second.revision != first.revision
    await end(store, attempt, "one\ntwo\nthree\n")
    third = await outputs.logs(attempt.task_id, after=second.next_offset)
    assert (third.text, third.next_offset, third.done) == ("three\n", 14, True)
    assert (await outputs.logs(attempt.task_id, after=14)).text == ""


async def test_a_task_that_has_shown_nothing_has_an_empty_page(
    store: MemoryStore, outputs: Outputs
) -> None:
    (queued,) = await queue(store)
    page = await outputs.logs(queued)
    assert (page.attempt, page.text, page.next_offset, page.done) == (0, "", 0, False)
    assert await outputs.progress(queued) is None


async def test_what_is_not_there_is_not_found(store: MemoryStore, outputs: Outputs) -> None:
    (queued,) = await queue(store)
    for task_id, attempt in ((UNKNOWN, None), (queued, 0), (queued, 1), (queued, -1)):
        with pytest.raises(NotFound):
            await outputs.logs(task_id, attempt)
    with pytest.raises(NotFound):
        await outputs.progress(UNKNOWN)


async def test_what_is_no_longer_kept_is_said_to_be_missing(
    store: MemoryStore, outputs: Outputs
) -> None:
    attempt = await a_run(store)
    await store.output.show([Piece(attempt, 100, b"\xbc tail")])
    page = await outputs.logs(attempt.task_id, after=10)
    assert (page.text, page.next_offset, page.truncated) == (" tail", 106, True)


async def test_a_cut_outcome_goes_on_where_its_follower_stopped(
    store: MemoryStore, outputs: Outputs
) -> None:
    attempt = await a_run(store)
    written = "".join(f"{n:09}\n" for n in range(10_000))
    await store.output.show([Piece(attempt, 0, written[:50_000].encode())])
    page = await outputs.logs(attempt.task_id)
    await store.output.show([Piece(attempt, 50_000, written[50_000:].encode())])
    await end(store, attempt, written[-TAIL_BYTES:])
    rest = await outputs.logs(attempt.task_id, after=page.next_offset)
    assert page.text + rest.text == written
    assert (rest.done, rest.truncated, rest.next_offset) == (True, False, len(written))


async def test_what_a_killed_task_has_shown_is_still_there(
    store: MemoryStore, outputs: Outputs
) -> None:
    attempt = await a_run(store)
    await store.output.show([Piece(attempt, 0, b"so far")])
    await store.cancel([attempt.task_id])
    page = await outputs.logs(attempt.task_id)
    assert (page.text, page.done) == ("so far", True)


async def test_what_an_earlier_attempt_has_written_is_among_its_evidence(
    store: MemoryStore, outputs: Outputs
) -> None:
    attempt = await a_run(store)
    failure = Failure(Cause.EXCEPTION, "ValueError", "no", output="the first\n", attempt=1)
    await store.start([attempt])
    await store.fail([Defeat(attempt, WORKER, failure, RETRY_NOW)])
    (again,) = await take(store)
    await store.output.show([Piece(again.attempt, 0, b"the second\n")])
    first = await outputs.logs(attempt.task_id, attempt=1)
    assert (first.text, first.done, first.attempt) == ("the first\n", True, 1)
    assert (await outputs.logs(attempt.task_id)).text == "the second\n"


async def test_what_an_attempt_has_written_is_there_while_the_next_one_waits(
    store: MemoryStore, outputs: Outputs
) -> None:
    attempt = await a_run(store)
    failure = Failure(Cause.EXCEPTION, "ValueError", "no", output="the first\n", attempt=1)
    await store.start([attempt])
    await store.fail([Defeat(attempt, WORKER, failure, RETRY_NOW)])
    latest = await outputs.logs(attempt.task_id)
    assert (latest.text, latest.done, latest.attempt) == ("the first\n", False, 1)
    first = await outputs.logs(attempt.task_id, attempt=1)
    assert (first.text, first.done) == ("the first\n", True)


async def test_progress_is_that_of_the_latest_attempt(store: MemoryStore, outputs: Outputs) -> None:
    attempt = await a_run(store)
    await store.output.show([Piece(attempt, 0, b"", Progress(1, 4))])
    assert await outputs.progress(attempt.task_id) == Progress(1, 4)
    await store.fail(lost([attempt], RETRY_NOW))
    assert await outputs.progress(attempt.task_id) == Progress(1, 4)
    await take(store)
    assert await outputs.progress(attempt.task_id) is None


async def test_waiting_returns_the_revision(store: MemoryStore, outputs: Outputs) -> None:
    attempt = await a_run(store)
    assert await outputs.wait(attempt.task_id, 0, 0.0) == 0
    await store.output.show([Piece(attempt, 0, b"x")])
    seen = await outputs.wait(attempt.task_id, 0, 30.0)
    assert seen == (await outputs.logs(attempt.task_id)).revision
    await end(store, attempt, "x")
    assert await outputs.wait(attempt.task_id, seen, 30.0) == seen


@given(st.text(max_size=30), st.lists(st.integers(0, 120), max_size=8))
async def test_however_it_is_cut_the_text_comes_whole(text: str, cuts: list[int]) -> None:
    """Pieces may end in the middle of a character; pages never do."""
    store = MemoryStore(ManualClock())
    outputs = Outputs(store, store.output, store.history)
    attempt = await a_run(store)
    data = text.encode()
    marks = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    seen, offset = "", 0
    for start, past in pairwise(marks):
        await store.output.show([Piece(attempt, start, data[start:past])])
        page = await outputs.logs(attempt.task_id, after=offset)
        seen, offset = seen + page.text, page.next_offset
    assert seen == text
