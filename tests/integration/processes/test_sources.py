"""Functions that come as source, in real children."""

import hashlib

from gofer.domain.protocol.messages import FunctionBody
from gofer.domain.task import Cause
from tests.contracts.executor import Bench, dumped, failure_of, opened, value_of

TEXT = """
import math

class Circle:
    def __init__(self, radius):
        self.radius = radius

def area(circle):
    return round(math.pi * circle.radius ** 2, 2)

def main(radius):
    if radius < 0:
        raise ValueError(f"no circle of {radius}")
    return area(Circle(radius))

if __name__ == "__main__":
    raise SystemExit("run as a script")
"""


def source(text: str, entry: str) -> FunctionBody:
    return FunctionBody(hashlib.sha256(text.encode()).hexdigest(), text.encode(), entry)


def arguments(*args: object) -> bytes:
    return dumped((args, dict[str, object]()))


async def test_a_source_runs_with_everything_that_its_module_defines(bench: Bench) -> None:
    tasks = [bench.task_with(source(TEXT, "main"), arguments(n)) for n in (1, 2)]
    assert [value_of(outcome) for outcome in await bench.run(*tasks)] == [3.14, 12.57]


async def test_what_a_source_raises_comes_with_the_lines_of_the_source(bench: Bench) -> None:
    (outcome,) = await bench.run(bench.task_with(source(TEXT, "main"), arguments(-1)))
    failure = failure_of(outcome)
    assert isinstance(opened(failure.exception), ValueError)
    assert 'raise ValueError(f"no circle of {radius}")' in failure.traceback


async def test_a_source_that_cannot_be_built_is_the_tasks_failure(bench: Bench) -> None:
    later = source("def main[T](x: T) -> T: this is of another Python", "main")
    (outcome,) = await bench.run(bench.task_with(later, arguments(1)))
    failure = failure_of(outcome)
    assert (failure.cause, failure.type) == (Cause.EXCEPTION, "SyntaxError")
