"""What the user's code raises comes back as itself, or as the nearest thing that can travel."""

import pytest

from gofer.domain.task import Cause
from tests.contracts.executor import Bench, opened


async def test_an_exception_comes_back_as_itself_with_its_traceback(bench: Bench) -> None:
    def fail() -> None:
        raise LookupError("where is it")

    failure = await bench.failure(fail)
    error = opened(failure.exception)
    assert (type(error), str(error)) == (LookupError, "where is it")
    assert error.__notes__ == [failure.traceback]
    assert "in fail" in failure.traceback
    assert "runner.py" not in failure.traceback
    assert (failure.worker, failure.attempt, failure.exit_code) == ("tester", 1, None)
    assert failure.peak_rss_kb > 1000


async def test_an_exception_class_of_the_script_comes_back_by_value(bench: Bench) -> None:
    def fail() -> None:
        class Mine(ValueError):
            pass

        raise Mine("own")

    error = opened((await bench.failure(fail)).exception)
    assert (type(error).__name__, isinstance(error, ValueError)) == ("Mine", True)


async def test_an_exception_that_does_not_open_again_becomes_the_nearest_built_in(
    bench: Bench,
) -> None:
    def fail() -> None:
        class Picky(KeyError):
            def __init__(self, one: int, two: int) -> None:
                super().__init__(f"{one} and {two}")

        raise Picky(1, 2)

    failure = await bench.failure(fail)
    error = opened(failure.exception)
    assert type(error) is KeyError
    assert "1 and 2" in str(error)
    assert "Picky" in failure.type


@pytest.mark.parametrize("method", ["__str__", "__repr__", "__reduce_ex__", "__getattribute__"])
async def test_an_exception_whose_methods_raise_is_a_failure_like_any_other(
    bench: Bench, method: str
) -> None:
    def fail(name: str) -> None:
        def hostile(*_: object) -> object:
            raise RuntimeError("hands off")

        raise type("Hostile", (ValueError,), {name: hostile})("text")

    failure = await bench.failure(fail, method)
    assert failure.cause is Cause.EXCEPTION
    assert "Hostile" in failure.type
    assert isinstance(opened(failure.exception), ValueError)


async def test_an_exception_whose_str_hangs_ends_at_the_deadline(bench: Bench) -> None:
    def fail() -> None:
        class Hanging(Exception):
            def __str__(self) -> str:
                import time  # noqa: PLC0415

                time.sleep(3600)
                return ""

        raise Hanging

    assert (await bench.failure(fail, timeout_ms=200)).cause is Cause.TIMEOUT


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "GeneratorExit", "BaseException"])
async def test_exceptions_beyond_exception_are_the_task_s_failure(bench: Bench, name: str) -> None:
    def fail(name: str) -> None:
        import builtins  # noqa: PLC0415

        raise getattr(builtins, name)("beyond")

    failure = await bench.failure(fail, name)
    assert (failure.cause, failure.type, failure.message) == (Cause.EXCEPTION, name, "beyond")


async def test_a_huge_message_and_traceback_are_cut(bench: Bench) -> None:
    def fail() -> None:
        raise ValueError("x" * 10_000_000 + "\ud800")

    failure = await bench.failure(fail)
    assert len(failure.message) <= 8 * 1024
    assert len(failure.traceback) <= 32 * 1024


async def test_sys_exit_ends_the_task_with_its_code_and_not_the_child(single: Bench) -> None:
    def leave(code: object) -> None:
        import sys  # noqa: PLC0415

        sys.exit(code)  # type: ignore[arg-type]

    def pid() -> int:
        import os  # noqa: PLC0415

        return os.getpid()

    before = await single.value(pid)
    failures = [await single.failure(leave, code) for code in (3, None, "bye")]
    assert [(one.cause, one.exit_code) for one in failures] == [
        (Cause.EXIT, 3),
        (Cause.EXIT, 0),
        (Cause.EXIT, 1),
    ]
    assert await single.value(pid) == before
