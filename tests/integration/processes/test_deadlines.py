"""Timeouts: they count from a task's own beginning, and nothing in the user's code escapes them."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gofer.domain.ports import Ended
from gofer.domain.task import Cause
from tests.contracts.executor import Bench, double, endless, failure_of, value_of
from tests.integration.processes.conftest import StartBench
from tests.support.processes import is_running
from tests.support.waiting import wait_until_async


def python_loop() -> None:
    while True:
        pass


def c_loop() -> None:
    sum(range(10**12))


def regular_expression() -> None:
    import re  # noqa: PLC0415

    re.match(r"(a+)+$", "a" * 64 + "b")


def ignores_sigterm() -> None:
    import signal  # noqa: PLC0415
    import time  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def returns_at_sigterm() -> str:
    import signal  # noqa: PLC0415
    import time  # noqa: PLC0415

    class Enough(Exception):
        pass

    def enough(*_: object) -> None:
        raise Enough

    signal.signal(signal.SIGTERM, enough)
    try:
        while True:
            time.sleep(1)
    except Enough:
        return "in the last moment"


@pytest.mark.parametrize(
    "stubborn",
    [endless, python_loop, c_loop, regular_expression, ignores_sigterm, returns_at_sigterm],
)
async def test_a_task_over_its_deadline_is_stopped_whatever_it_does(
    start_bench: StartBench, stubborn: Callable[[], object]
) -> None:
    single = await start_bench(1, grace_s=0.1)
    failure = await single.failure(stubborn, timeout_ms=100)
    assert (failure.cause, failure.exception) == (Cause.TIMEOUT, b"")
    assert "timeout of 0.1 s" in failure.message
    assert failure.run_ms >= 100
    assert failure.peak_rss_kb > 1000
    assert await single.value(double, 2) == 4


async def test_the_processes_that_a_task_has_started_end_with_it(
    single: Bench, tmp_path: Path
) -> None:
    def spawn(file: str) -> None:
        import subprocess  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415

        sleeper = subprocess.Popen(["/bin/sleep", "3600"])
        Path(file).write_text(str(sleeper.pid))
        sleeper.wait()

    note = tmp_path / "pid"
    task = single.task(spawn, str(note))
    single.executor.execute([task])
    await wait_until_async(lambda: note.exists() and note.read_text(), "the grandchild runs")
    single.executor.kill([task.attempt])
    pid = int(note.read_text())
    await wait_until_async(lambda: not is_running(pid), "the grandchild is gone")
    assert await single.value(double, 2) == 4


async def test_the_time_spent_waiting_does_not_count(single: Bench) -> None:
    def nap() -> str:
        import time  # noqa: PLC0415

        time.sleep(0.15)
        return "rested"

    tasks = [single.task_with(nap, timeout_ms=400) for _ in range(4)]
    assert [value_of(outcome) for outcome in await single.run(*tasks)] == ["rested"] * 4


async def test_a_neighbour_in_the_same_message_survives_a_timeout(single: Bench) -> None:
    def sometimes(number: int) -> int:
        while number == 3:
            pass
        return number

    await single.run(*(single.task(sometimes, n + 10) for n in range(5)))  # learn that it is short
    body = single.task(sometimes, 0)
    tasks = [single.task(sometimes, n) for n in range(10)]
    timed = single.task_with(sometimes, tasks[3].payload, timeout_ms=100)
    outcomes = await single.run(*tasks[:3], timed, *tasks[4:], body)
    assert failure_of(outcomes.pop(3)).cause is Cause.TIMEOUT
    assert [value_of(outcome) for outcome in outcomes] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 0]


async def test_many_timeouts_at_once_each_end_once(start_bench: StartBench) -> None:
    bench = await start_bench(4, grace_s=0.05)
    tasks = [bench.task_with(endless, timeout_ms=50) for _ in range(12)]
    outcomes = await bench.run(*tasks)
    assert {failure_of(outcome).cause for outcome in outcomes} == {Cause.TIMEOUT}
    assert sum(isinstance(event, Ended) for event in bench.seen) == 12


async def test_loading_the_function_counts_too(single: Bench) -> None:
    class Slow:
        def __reduce__(self) -> tuple[Callable[[float], None], tuple[float]]:
            return time.sleep, (3600.0,)

    from tests.contracts.executor import body_of, dumped  # noqa: PLC0415

    task = single.task_with(body_of(dumped(Slow())), timeout_ms=100)
    (outcome,) = await single.run(task)
    assert failure_of(outcome).cause is Cause.TIMEOUT
