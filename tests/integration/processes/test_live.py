"""What a running task shows: its output piece by piece, and how far it says that it has come."""

import asyncio

from gofer.domain.identifiers import Attempt
from gofer.domain.output import TAIL_BYTES, Piece, Progress, merged
from gofer.domain.ports import Ended, ExecutorEvent
from tests.contracts.executor import DEADLINE_S, Bench, double


async def events_of(bench: Bench, attempt: Attempt) -> list[ExecutorEvent]:
    """Return all events of an attempt up to its end."""
    seen: list[ExecutorEvent] = []
    async with asyncio.timeout(DEADLINE_S):
        while not any(isinstance(each, Ended) for each in seen):
            seen += [each for each in await bench.executor.events() if each.attempt == attempt]
    return seen


def whole(pieces: list[Piece]) -> Piece:
    """Return pieces as one."""
    kept = pieces[0]
    for each in pieces[1:]:
        kept = merged(kept, each)
    return kept


async def test_what_a_lasting_task_prints_is_told_while_it_runs_and_to_the_end(
    single: Bench,
) -> None:
    def chatter() -> None:
        import time  # noqa: PLC0415

        for n in range(9):
            print("line", n)  # noqa: T201
            time.sleep(0.1)

    task = single.task(chatter)
    single.executor.execute([task])
    events = await events_of(single, task.attempt)
    pieces = [each for each in events if isinstance(each, Piece)]
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert len(pieces) >= 2
    assert whole(pieces).start == 0
    assert whole(pieces).data.decode() == ended.outcome.output
    assert ended.outcome.output.count("line") == 9


async def test_a_flood_is_told_as_its_tail_with_its_true_offset(single: Bench) -> None:
    def flood() -> None:
        import sys  # noqa: PLC0415
        import time  # noqa: PLC0415

        ends = time.monotonic() + 0.7
        written = 0
        while time.monotonic() < ends:
            written += sys.stdout.write(f"{written:015}\n")
        print("end at", written)  # noqa: T201

    task = single.task(flood)
    single.executor.execute([task])
    events = await events_of(single, task.attempt)
    kept = whole([each for each in events if isinstance(each, Piece)])
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert len(kept.data) <= TAIL_BYTES
    assert kept.data.decode() == ended.outcome.output[-len(kept.data) :]
    text, _, end = ended.outcome.output.rpartition("end at ")
    assert kept.end == int(end) + len(f"end at {end}")
    assert text.endswith("\n")


async def test_progress_is_told_while_the_task_runs(single: Bench) -> None:
    def count() -> None:
        import time  # noqa: PLC0415

        import gofer  # noqa: PLC0415

        for n in range(8):
            gofer.progress(n + 1, 8, f"step {n + 1}")
            time.sleep(0.1)

    task = single.task(count)
    single.executor.execute([task])
    events = await events_of(single, task.attempt)
    told = [each.progress for each in events if isinstance(each, Piece) and each.progress]
    assert told[-1] == Progress(8.0, 8.0, "step 8")
    assert len(told) >= 2
    assert [each.done for each in told] == sorted(each.done for each in told)


async def test_brief_tasks_tell_nothing_but_their_end(single: Bench) -> None:
    def brief(number: int) -> None:
        import gofer  # noqa: PLC0415

        gofer.progress(number)
        print(number)  # noqa: T201

    assert await single.run(single.task(double, 1))
    tasks = [single.task(brief, n) for n in range(50)]
    single.executor.execute(tasks)
    seen: list[ExecutorEvent] = []
    async with asyncio.timeout(DEADLINE_S):
        while sum(isinstance(each, Ended) for each in seen) < len(tasks):
            seen += await single.executor.events()
    assert [each for each in seen if isinstance(each, Piece)] == []


async def test_the_progress_of_one_task_is_not_told_of_the_next(single: Bench) -> None:
    def lasts(report: bool) -> None:  # noqa: FBT001
        import time  # noqa: PLC0415

        import gofer  # noqa: PLC0415

        if report:
            gofer.progress(1)
        time.sleep(0.4)

    first, second = single.task(lasts, True), single.task(lasts, False)  # noqa: FBT003
    single.executor.execute([first])
    assert any(isinstance(each, Piece) for each in await events_of(single, first.attempt))
    single.executor.execute([second])
    assert not any(isinstance(each, Piece) for each in await events_of(single, second.attempt))


async def test_the_output_of_a_task_that_dies_is_told_to_the_end(single: Bench) -> None:
    def die() -> None:
        import os  # noqa: PLC0415
        import time  # noqa: PLC0415

        print("begins")  # noqa: T201
        time.sleep(0.6)
        print("dies")  # noqa: T201
        os._exit(3)

    task = single.task(die)
    single.executor.execute([task])
    events = await events_of(single, task.attempt)
    kept = whole([each for each in events if isinstance(each, Piece)])
    assert kept.data == b"begins\ndies\n"
