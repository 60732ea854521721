"""What comes back: values, exceptions, and what cannot be pickled, in the client's own terms."""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

import pytest

from gofer.adapters.processes.pipes import RESULTS_PIPE_BYTES
from gofer.domain.task import Cause
from tests.contracts.executor import Bench, body_of, dumped, failure_of, opened, value_of
from tests.integration.processes.conftest import StartBench
from tests.support.processes import ProcessRunner

SCRIPT = """
import base64, functools, dill

def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)

def counted(function):
    @functools.wraps(function)
    def wrapper(n):
        return ("counted", function(n))
    return wrapper

@counted
def countdown(n):
    return n if n == 0 else countdown(n - 1)

class Point:
    def __init__(self, x):
        self.x = x
    def twin(self):
        return Point(self.x)

def twin_of(point):
    return point.twin()

offset = 7
def adder(n):
    def add(m):
        return n + m + offset_in_closure
    offset_in_closure = offset
    return add

def apply(function, n):
    return function(n)

for value in (factorial, countdown, twin_of, ((Point(5),), {}), adder(1), apply,
              ((factorial, 5), {})):
    print(base64.b64encode(dill.dumps(value)).decode())
"""


@pytest.fixture
def script(processes: ProcessRunner, tmp_path: Path) -> list[bytes]:
    """What a client's script pickles with nothing but dill's defaults."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    process = processes.start([sys.executable, str(file)], name="client")
    assert process.wait() == 0
    return [base64.b64decode(line) for line in process.log().split()]


async def test_functions_of_a_script_find_themselves_and_each_other(
    bench: Bench, script: list[bytes]
) -> None:
    factorial, countdown, twin_of, point, add, apply, factorial_of_5 = script
    outcomes = await bench.run(
        bench.task(body_of(factorial), 30),
        bench.task(body_of(countdown), 2),
        bench.task_with(body_of(twin_of), point),
        bench.task(body_of(add), 2),
        bench.task_with(body_of(apply), factorial_of_5),
    )
    whole, decorated, twin, closure, applied = map(value_of, outcomes)
    assert whole == 265252859812191058636308480000000
    assert decorated == ("counted", ("counted", ("counted", 0)))
    assert twin.x == 5
    assert (closure, applied) == (10, 120)


async def test_functions_of_two_scripts_do_not_see_each_other(single: Bench) -> None:
    def source(answer: int) -> Any:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(f"def helper(): return {answer}\ndef ask(): return helper()", names)  # noqa: S102
        return body_of(dumped(names["ask"], recurse=True))

    outcomes = await single.run(single.task(source(1)), single.task(source(2)))
    assert [value_of(outcome) for outcome in outcomes] == [1, 2]


async def test_an_instance_of_a_class_that_only_the_task_knows_comes_back(bench: Bench) -> None:
    def make() -> object:
        class Box:
            content = 42

        return Box()

    assert (await bench.value(make)).content == 42


async def test_a_coroutine_function_is_run_to_its_end(bench: Bench) -> None:
    async def slowly(number: int) -> int:
        import asyncio  # noqa: PLC0415

        await asyncio.sleep(0)
        return number + 1

    assert await bench.value(slowly, 1) == 2


async def test_keyword_arguments_arrive(bench: Bench) -> None:
    def power(base: int, *, exponent: int) -> int:
        return int(base**exponent)

    (outcome,) = await bench.run(bench.task(power, 2, exponent=10))
    assert value_of(outcome) == 1024


@pytest.mark.parametrize("size", [1_000_000, 16_000_000])
async def test_large_arguments_and_results_travel_both_ways(
    start_bench: StartBench, size: int
) -> None:
    def echo(data: bytes) -> bytes:
        return data

    bench = await start_bench(result_bytes=17_000_000)
    tasks = [bench.task(echo, bytes([n]) * size) for n in range(4)]
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    outcomes = await bench.run(*tasks)
    ticking.cancel()
    assert [value_of(outcome) == bytes([n]) * size for n, outcome in enumerate(outcomes)] == [
        True
    ] * 4
    assert ticks >= 2 * size // RESULTS_PIPE_BYTES  # two for each of two children, pipe by pipe


async def test_a_result_over_the_limit_is_too_large_and_not_lost(start_bench: StartBench) -> None:
    def zeros(size: int) -> bytes:
        return bytes(size)

    bench = await start_bench(result_bytes=1000)
    assert len(await bench.value(zeros, 900)) == 900
    failure = await bench.failure(zeros, 1000)
    assert failure.cause is Cause.TOO_LARGE
    assert "the limit is 1000" in failure.message


@pytest.mark.parametrize("kind", ["generator", "hostile"])
async def test_a_result_that_cannot_be_pickled_is_named(bench: Bench, kind: str) -> None:
    def make(kind: str) -> object:
        class Hostile:
            def __reduce_ex__(self, _: object) -> str:
                raise SystemExit(3)

        return Hostile() if kind == "hostile" else (n for n in "")

    failure = await bench.failure(make, kind)
    assert failure.cause is Cause.UNSERIALIZABLE
    assert "cannot be pickled" in failure.message
    assert kind in failure.message.lower()
    assert failure.exception == b""


@pytest.mark.parametrize("payload", [42, (1,), [(), {}], ({}, ()), "text"])
async def test_a_payload_that_is_no_tuple_and_dict_is_a_type_error(
    bench: Bench, payload: object
) -> None:
    def never() -> None:
        raise AssertionError

    (outcome,) = await bench.run(bench.task_with(never, dumped(payload)))
    failure = failure_of(outcome)
    assert (failure.cause, failure.type) == (Cause.EXCEPTION, "TypeError")
    assert "(args, kwargs)" in failure.message


async def test_a_function_that_is_no_callable_is_a_type_error(bench: Bench) -> None:
    (outcome,) = await bench.run(bench.task(body_of(dumped(42))))
    assert "no callable" in failure_of(outcome).message


@pytest.mark.parametrize("payload", [b"", b"\x80\x04", b"rubbish", b"\x80\x04K\x01"])
async def test_bytes_that_are_no_pickle_fail_their_task_alone(bench: Bench, payload: bytes) -> None:
    outcomes = await bench.run(
        bench.task(body_of(payload)), bench.task_with(lambda: 1, payload), bench.task(lambda: 7)
    )
    assert [failure_of(outcome).cause for outcome in outcomes[:2]] == [Cause.EXCEPTION] * 2
    assert value_of(outcomes[2]) == 7


async def test_a_module_that_is_missing_is_named_with_where_and_what_to_do(bench: Bench) -> None:
    (outcome,) = await bench.run(bench.task(body_of(b"cno_such_module\nfunction\n.")))
    failure = failure_of(outcome)
    assert (failure.cause, failure.type) == (Cause.EXCEPTION, "ModuleNotFoundError")
    for part in ("'no_such_module'", "site-packages", "PYTHONPATH", "--path DIR"):
        assert part in failure.message
    assert opened(failure.exception).name == "no_such_module"
