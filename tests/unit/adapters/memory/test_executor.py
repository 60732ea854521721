"""The executor without processes, against the contract, and what only it offers."""

import pytest

from gofer.adapters.memory.executor import InlineExecutor, scripted
from gofer.domain.ports import Began, Ended
from gofer.domain.task import Cause, Failure, Success
from tests.contracts.executor import Bench, ExecutorContract, double, endless, run_here


@pytest.fixture
def bench() -> Bench:
    return Bench(InlineExecutor(run_here, slots=2))


class TestInlineExecutor(ExecutorContract):
    """The contract over the inline executor."""


async def test_a_script_gives_each_attempt_its_outcome() -> None:
    bench = Bench(InlineExecutor(scripted({})))
    task = bench.task(double, 1)
    defeat, victory = Failure(Cause.SIGNAL, "ProcessKilled", "gone"), Success(b"result")
    bench = Bench(InlineExecutor(scripted({task.attempt.task_id: [defeat, victory]})))
    bench.task(double)
    (first,) = await bench.run(task)
    bench.seen.clear()
    (second,) = await bench.run(task)
    assert [first, second] == [defeat, victory]


async def test_a_task_that_keeps_running_ends_when_the_test_says_so() -> None:
    executor = InlineExecutor(run_here)
    bench = Bench(executor)
    task = bench.task(endless)
    executor.execute([task])
    await bench.begun(task)
    executor.finish(task.attempt, Success(b"done"))
    await bench.outcomes(task)
    assert bench.seen == [Began(task.attempt), Ended(task.attempt, Success(b"done"))]


async def test_only_what_runs_can_be_finished() -> None:
    executor = InlineExecutor(run_here)
    task = Bench(executor).task(endless)
    executor.execute([task])
    with pytest.raises(KeyError):
        executor.finish(task.attempt, Success(b""))
