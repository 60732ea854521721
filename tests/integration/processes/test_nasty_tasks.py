"""Every way in which a task can end badly, in the middle of a batch of good ones, case by case.

Each ends in exactly one FAILED with its cause; the slot is back at once; the other tasks of the
batch are run once each, and succeed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from gofer.domain.ports import Ended
from gofer.domain.protocol.messages import Assignment
from gofer.domain.task import Cause, Failure
from tests.contracts.executor import Bench, double, dumped, failure_of, value_of
from tests.integration.processes.conftest import StartBench
from tests.support import nasty, nasty_values
from tests.support.processes import is_running
from tests.support.waiting import wait_until_async

MIB = 1024 * 1024
GOOD = 12
SHORT_MS = 300
"""The time limit of tasks that do not end."""


@dataclass(frozen=True)
class Case:
    """A nasty task and what must come of it; ``None``: not checked."""

    function: Callable[..., Any]
    cause: Cause
    args: tuple[object, ...] = ()
    exit_code: int | None = None
    signal: int | None = None
    type: str | None = None
    message: str = ""
    output: str = ""
    timeout_ms: int | None = None
    memory_bytes: int | None = None

    def __str__(self) -> str:
        return " ".join([self.function.__name__, *map(str, self.args)])


def timed_out(function: Callable[..., Any], *args: object) -> Case:
    return Case(function, Cause.TIMEOUT, args, type="TimeoutError", timeout_ms=SHORT_MS)


def raised(method: str, deed: str) -> Case:
    return Case(nasty_values.raise_with, Cause.EXCEPTION, (method, deed), type="Hostile")


CASES = [
    # deaths
    Case(nasty.segfault, Cause.SIGNAL, signal=11, output="segmentation fault"),
    Case(nasty.abort, Cause.SIGNAL, signal=6, output="aborted"),
    Case(nasty.kill_itself, Cause.SIGNAL, signal=9),
    Case(nasty.end_by_sigterm, Cause.SIGNAL, signal=15),
    Case(nasty.quit_at_once, Cause.EXIT, exit_code=3, output="last words\n"),
    Case(nasty.quit_as_if_all_were_well, Cause.EXIT, exit_code=0),
    Case(nasty.overflow_the_stack, Cause.SIGNAL, signal=11),
    # leaving
    Case(nasty.leave, Cause.EXIT, exit_code=7, type="SystemExit"),
    Case(nasty.leave_with_a_huge_code, Cause.EXIT, exit_code=5, type="SystemExit"),
    Case(nasty.leave_with_a_hostile_code, Cause.EXIT, exit_code=1, type="SystemExit"),
    # memory
    Case(nasty.hoard, Cause.MEMORY, type="MemoryError", memory_bytes=1024 * MIB),
    Case(nasty.hoard_bit_by_bit, Cause.MEMORY, type="MemoryError", memory_bytes=512 * MIB),
    # pipes and descriptors
    Case(nasty.close_results, Cause.EXIT),
    Case(nasty.close_all_and_return, Cause.EXIT),
    Case(nasty.close_all_and_stay, Cause.EXIT, type="ProcessUnreachable"),
    Case(nasty.nest_in_the_pipe, Cause.EXIT, type="ProcessUnreachable"),
    # results
    Case(nasty_values.no_pickle, Cause.UNSERIALIZABLE, message="generator"),
    Case(nasty_values.reduce_raises, Cause.UNSERIALIZABLE, message="not me"),
    Case(nasty_values.reduce_leaves, Cause.UNSERIALIZABLE, type="SystemExit"),
    Case(nasty_values.reduce_recurses, Cause.UNSERIALIZABLE, type="RecursionError"),
    Case(nasty_values.reduce_exits, Cause.EXIT, exit_code=5),
    Case(nasty_values.reduce_never_ends, Cause.MEMORY, memory_bytes=512 * MIB),
    Case(nasty_values.too_large, Cause.TOO_LARGE, message="the limit is 16777216"),
    timed_out(nasty_values.reduce_hangs),
    # exceptions
    *(
        raised(method, deed)
        for method in ("__str__", "__repr__", "__reduce__", "__reduce_ex__", "__getattribute__")
        for deed in ("raise", "leave", "lie", "recurse")
    ),
    *(
        Case(nasty_values.raise_with, Cause.EXIT, (method, "exit"), exit_code=6)
        for method in ("__str__", "__reduce_ex__")
    ),
    timed_out(nasty_values.raise_with, "__str__", "hang"),
    timed_out(nasty_values.raise_with, "__reduce_ex__", "hang"),
    Case(
        nasty_values.raise_a_nameless_class,
        Cause.EXCEPTION,
        type="raise_a_nameless_class.<locals>.Nameless",
        message="text",
    ),
    Case(nasty_values.raise_what_kills_when_opened, Cause.EXIT, exit_code=4),
    Case(nasty_values.raise_without_end, Cause.EXCEPTION, type="ExceptionGroup", message="many"),
    Case(nasty_values.raise_a_long_chain, Cause.EXCEPTION, type="ValueError", message="19999"),
    # what does not end
    *(
        timed_out(function)
        for function in (
            nasty.loop,
            nasty.loop_in_c,
            nasty.search_in_c,
            nasty.match_for_ever,
            nasty.multiply_in_c,
            nasty.ignore_everything,
            nasty.swallow_everything,
            nasty.stop_itself,
            nasty.wait_for_a_lock,
        )
    ),
]


def trace(folder: str, name: str) -> str:
    """Append to a file of this name: a task that is run twice shows."""
    import os  # noqa: PLC0415

    fd = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(fd, b"x")
    os.close(fd)
    return name


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_nasty_task_fails_once_with_its_cause_and_harms_no_other(
    start_bench: StartBench, tmp_path: Path, case: Case
) -> None:
    limits = {} if case.memory_bytes is None else {"memory_bytes": case.memory_bytes}
    bench = await start_bench(1, grace_s=0.1, **limits)
    folder = str(tmp_path)
    await bench.run(*(bench.task(trace, folder, f"early{n}") for n in range(5)))  # it is short
    bad = nasty_task(bench, case)
    good = [bench.task(trace, folder, str(n)) for n in range(GOOD)]
    outcome, *others = await mixed(bench, bad, good)
    assert_as_told(failure_of(outcome), case)
    assert [value_of(other) for other in others] == [str(n) for n in range(GOOD)]
    assert await bench.value(double, 21) == 42
    assert sum(isinstance(e, Ended) and e.attempt == bad.attempt for e in bench.seen) == 1
    traces = traces_in(tmp_path)
    assert traces == dict.fromkeys([*map(str, range(GOOD)), *(f"early{n}" for n in range(5))], "x")


def traces_in(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def nasty_task(bench: Bench, case: Case) -> Assignment:
    no_names: dict[str, object] = {}
    return bench.task_with(case.function, dumped((case.args, no_names)), case.timeout_ms)


async def mixed(bench: Bench, bad: Assignment, good: list[Assignment]) -> list[Any]:
    """Run all with the bad one in the middle; return its outcome first."""
    half = len(good) // 2
    outcomes = await bench.run(*good[:half], bad, *good[half:])
    return [outcomes.pop(half), *outcomes]


def assert_as_told(failure: Failure, case: Case) -> None:
    assert failure.cause is case.cause, failure
    assert (failure.exit_code, failure.signal) == (
        case.exit_code if case.exit_code is not None else failure.exit_code,
        case.signal,
    ), failure
    assert case.type in {None, failure.type}, failure
    assert case.message in failure.message
    assert case.output in failure.output.lower()
    assert failure.message
    assert failure.peak_rss_kb > 1000
    assert (failure.worker, failure.attempt) == ("tester", 1)
    assert len(failure.message) + len(failure.traceback) < 64 * 1024
    if case.timeout_ms is not None:
        assert failure.run_ms >= case.timeout_ms


# ---------------------------------------------------------------- what it has started


@pytest.mark.parametrize("end", ["kill", "timeout", "close"])
async def test_nothing_of_a_family_is_left_whatever_ends_its_task(
    start_bench: StartBench, tmp_path: Path, end: str
) -> None:
    bench = await start_bench(1, grace_s=0.1)
    timeout_ms = 1_500 if end == "timeout" else None
    no_names: dict[str, object] = {}
    task = bench.task_with(nasty.fork_many, dumped(((str(tmp_path),), no_names)), timeout_ms)
    bench.executor.execute([task])
    await wait_until_async(lambda: len(traces_in(tmp_path)) >= 21, "the family has grown")
    family = [int(name) for name in traces_in(tmp_path)]
    if end == "kill":
        bench.executor.kill([task.attempt])
        assert await bench.value(double, 1) == 2
    elif end == "timeout":
        (outcome,) = await bench.outcomes(task)
        assert failure_of(outcome).cause is Cause.TIMEOUT
    else:
        await bench.executor.close()
    await wait_until_async(lambda: not any(map(is_running, family)), "all of them are gone")


# ---------------------------------------------------------------- evidence


async def test_a_flood_of_output_costs_the_supervisor_no_memory(single: Bench) -> None:
    def flood() -> None:
        import os  # noqa: PLC0415

        block = b"x" * 1024 * 1024
        for _ in range(300):
            view = block
            while view:
                view = view[os.write(1, view) :]

    await single.value(double, 1)
    before = psutil.Process().memory_info().rss
    await single.value(flood)
    assert psutil.Process().memory_info().rss - before < 30 * MIB


async def test_the_peak_memory_of_a_task_that_was_killed_is_known(single: Bench) -> None:
    def grow_and_die() -> None:
        import os  # noqa: PLC0415
        import time  # noqa: PLC0415

        held = b"x" * 200 * 1024 * 1024
        time.sleep(1.2)
        os.kill(os.getpid(), len(held) and 9)

    failure = await single.failure(grow_and_die)
    assert (failure.cause, failure.signal) == (Cause.SIGNAL, 9)
    assert failure.peak_rss_kb > 150 * 1024
