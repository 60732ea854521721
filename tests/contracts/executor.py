"""What every Executor does, in code. An adapter's test module brings the fixture ``bench``.

The tasks are real pickles: an executor that does not open them itself is given a function that
does (``run_here``), with ``endless`` as the task that keeps running.
"""

import asyncio
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from types import FunctionType
from typing import Any

import dill  # type: ignore[import-untyped]

from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.ports import Began, Ended, Executor, ExecutorEvent
from gofer.domain.protocol.messages import Assignment, FunctionBody
from gofer.domain.task import Cause, Failure, Outcome, Success

DEADLINE_S = 30.0

_serial = itertools.count(1)


def pickled(function: Callable[..., Any]) -> FunctionBody:
    """Return a function as a client's script would send it: by value, with no module around it."""
    assert isinstance(function, FunctionType)
    names = {"__name__": "__main__"}
    alone = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    alone.__kwdefaults__ = function.__kwdefaults__
    return body_of(dumped(alone, recurse=True))


def body_of(payload: bytes) -> FunctionBody:
    return FunctionBody(hashlib.sha256(payload).hexdigest(), payload)


def dumped(value: object, **options: bool) -> bytes:
    dump: Callable[..., bytes] = vars(dill)["dumps"]
    return dump(value, **options)


def opened(data: bytes) -> Any:
    """Return what a pickle holds, as a client with nothing but dill would."""
    load: Callable[[bytes], Any] = vars(dill)["loads"]
    return load(data)


def an_attempt() -> Attempt:
    return Attempt(TaskId(f"00000000-0000-7000-8000-{next(_serial):012x}"), 1, "token")


def value_of(outcome: Outcome) -> Any:
    assert isinstance(outcome, Success), outcome
    return opened(outcome.result)


def failure_of(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failure), outcome
    return outcome


_no_names: dict[str, object] = {}
NO_ARGUMENTS = dumped(((), _no_names))


class Bench:
    """An executor under test, and all that it has said."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.seen: list[ExecutorEvent] = []

    def task(
        self, function: Callable[..., Any] | FunctionBody, *args: object, **kwargs: object
    ) -> Assignment:
        """Return a new task; the executor knows its function afterwards."""
        return self.task_with(function, dumped((args, kwargs)))

    def task_with(
        self,
        function: Callable[..., Any] | FunctionBody,
        payload: bytes | None = None,
        timeout_ms: int | None = None,
    ) -> Assignment:
        body = function if isinstance(function, FunctionBody) else pickled(function)
        self.executor.learn([body])
        payload = NO_ARGUMENTS if payload is None else payload
        return Assignment(an_attempt(), body.digest, payload, timeout_ms)

    async def run(self, *assignments: Assignment) -> list[Outcome]:
        """Execute tasks and return their outcomes, in the order of the tasks."""
        self.executor.execute(assignments)
        return await self.outcomes(*assignments)

    async def outcomes(self, *assignments: Assignment) -> list[Outcome]:
        """Wait until all these have ended; each must have ended once."""
        attempts = [assignment.attempt for assignment in assignments]
        await self.until(lambda: set(attempts) <= self.ended().keys())
        return [self.ended()[attempt] for attempt in attempts]

    async def value(self, function: Callable[..., Any], *args: object) -> Any:
        """Run one task and return what it returned."""
        (outcome,) = await self.run(self.task(function, *args))
        return value_of(outcome)

    async def failure(
        self, function: Callable[..., Any], *args: object, timeout_ms: int | None = None
    ) -> Failure:
        """Run one task and return how it failed."""
        task = self.task_with(function, dumped((args, _no_names)), timeout_ms)
        (outcome,) = await self.run(task)
        return failure_of(outcome)

    async def begun(self, *assignments: Assignment) -> None:
        """Wait until the executor has said of all these that they have begun."""
        attempts = {assignment.attempt for assignment in assignments}
        await self.until(lambda: attempts <= self.said_to_have_begun())

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                events = await self.executor.events()
                assert events
                self.seen += events

    def ended(self) -> dict[Attempt, Outcome]:
        ended = [event for event in self.seen if isinstance(event, Ended)]
        twice = [one for one, n in Counter(event.attempt for event in ended).items() if n > 1]
        assert twice == []
        return {event.attempt: event.outcome for event in ended}

    def said_to_have_begun(self) -> set[Attempt]:
        return {event.attempt for event in self.seen if isinstance(event, Began)}


def double(number: int) -> int:
    return 2 * number


def complain(text: str) -> None:
    raise ValueError(text)


def endless() -> None:
    import time  # noqa: PLC0415 - it travels alone

    while True:
        time.sleep(3600)


def run_here(function: FunctionBody, assignment: Assignment) -> Outcome | None:
    """Run a task in this process, as an executor without processes needs it."""
    call = opened(function.payload)
    if call.__name__ == endless.__name__:
        return None
    args, kwargs = opened(assignment.payload)
    try:
        return Success(dumped(call(*args, **kwargs)))
    except Exception as error:  # noqa: BLE001 - it is the task's outcome
        return Failure(Cause.EXCEPTION, type(error).__name__, str(error))


class ExecutorContract:
    """The fixture ``bench`` holds a started executor with two slots."""

    async def test_it_tells_its_slots(self, bench: Bench) -> None:
        assert bench.executor.slots == 2

    async def test_it_knows_the_functions_that_it_has_learnt(self, bench: Bench) -> None:
        body = pickled(double)
        assert not bench.executor.knows(body.digest)
        bench.executor.learn([body])
        assert bench.executor.knows(body.digest)

    async def test_a_task_s_result_comes_back(self, bench: Bench) -> None:
        assert await bench.value(double, 21) == 42

    async def test_each_of_many_tasks_ends_once_with_its_own_result(self, bench: Bench) -> None:
        tasks = [bench.task(double, n) for n in range(300)]
        outcomes = await bench.run(*tasks)
        assert [value_of(outcome) for outcome in outcomes] == [2 * n for n in range(300)]

    async def test_what_the_code_raises_is_a_failure_with_that_cause(self, bench: Bench) -> None:
        failure = await bench.failure(complain, "no luck")
        seen = (failure.cause, failure.type, failure.message)
        assert seen == (Cause.EXCEPTION, "ValueError", "no luck")

    async def test_a_task_that_lasts_is_said_to_have_begun(self, bench: Bench) -> None:
        task = bench.task(endless)
        bench.executor.execute([task])
        await bench.begun(task)
        assert bench.ended() == {}

    async def test_only_as_many_run_as_there_are_slots(self, bench: Bench) -> None:
        first, second, third = (bench.task(endless) for _ in range(3))
        bench.executor.execute([first, second, third])
        await bench.begun(first, second)
        assert bench.executor.take_back([third.attempt]) == [third.attempt]
        assert bench.said_to_have_begun() == {first.attempt, second.attempt}

    async def test_what_is_taken_back_never_ends(self, bench: Bench) -> None:
        blockers = [bench.task(endless) for _ in range(2)]
        bench.executor.execute(blockers)
        await bench.begun(*blockers)
        taken, kept = bench.task(double, 1), bench.task(double, 2)
        bench.executor.execute([taken, kept])
        assert bench.executor.take_back([taken.attempt]) == [taken.attempt]
        bench.executor.kill([blockers[0].attempt])
        await bench.outcomes(kept)
        assert taken.attempt not in bench.ended()

    async def test_what_has_begun_is_not_taken_back(self, bench: Bench) -> None:
        task = bench.task(endless)
        bench.executor.execute([task])
        await bench.begun(task)
        assert bench.executor.take_back([task.attempt, an_attempt()]) == []

    async def test_a_taken_task_can_be_executed_again(self, bench: Bench) -> None:
        task = bench.task(double, 4)
        bench.executor.execute([task])
        bench.executor.take_back([task.attempt])
        (outcome,) = await bench.run(task)
        assert value_of(outcome) == 8

    async def test_a_killed_task_gives_its_slot_back_and_no_event(self, bench: Bench) -> None:
        blockers = [bench.task(endless) for _ in range(2)]
        bench.executor.execute(blockers)
        await bench.begun(*blockers)
        bench.executor.kill([task.attempt for task in blockers])
        assert await bench.value(double, 3) == 6
        assert bench.ended().keys().isdisjoint(task.attempt for task in blockers)

    async def test_a_task_that_waits_can_be_killed(self, bench: Bench) -> None:
        blockers = [bench.task(endless) for _ in range(2)]
        victim, neighbour = bench.task(double, 1), bench.task(double, 2)
        bench.executor.execute([*blockers, victim, neighbour])
        await bench.begun(*blockers)
        bench.executor.kill([victim.attempt, blockers[0].attempt])
        await bench.outcomes(neighbour)
        assert bench.ended().keys() == {neighbour.attempt}

    async def test_what_is_executed_twice_runs_once(self, bench: Bench) -> None:
        task, other = bench.task(double, 1), bench.task(double, 2)
        bench.executor.execute([task])
        bench.executor.execute([task, other])
        await bench.outcomes(task, other)
        assert value_of(bench.ended()[task.attempt]) == 2

    async def test_a_task_of_an_unknown_function_fails_as_incompatible(self, bench: Bench) -> None:
        (outcome,) = await bench.run(Assignment(an_attempt(), "0" * 64, b""))
        assert failure_of(outcome).cause is Cause.INCOMPATIBLE

    async def test_closing_twice_is_no_error(self, bench: Bench) -> None:
        bench.executor.execute([bench.task(endless)])
        await bench.executor.close()
        await bench.executor.close()
        assert bench.ended() == {}
