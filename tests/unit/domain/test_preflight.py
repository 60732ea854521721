"""Preflight and the environment contract: which workers can run a function, and in which form."""

from dataclasses import replace

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.errors import UnfitFunction
from gofer.domain.findings import Level
from gofer.domain.function import Environment, Form, FunctionHead, form_for
from gofer.domain.functions import FunctionWish
from gofer.domain.identifiers import FunctionId
from gofer.domain.preflight import LARGE_CLOSURE_BYTES, Report, fits_nowhere
from gofer.domain.service import Service
from gofer.domain.submissions import Limits
from gofer.domain.wishes import Examiner, at_once
from tests.support.original_client import dumps

OURS = Environment("cpython", (3, 11))
LATER = Environment("cpython", (3, 13))
PYPY = Environment("pypy", (3, 11))
PICKLE = b"\x80\x04N."
EXAMINER = Examiner(PickleInspector(), OURS, Limits(), at_once)


def head(payload_bytes: int, source_bytes: int) -> FunctionHead:
    return FunctionHead(
        FunctionId(""),
        "f",
        1,
        "",
        OURS,
        0,
        payload_bytes=payload_bytes,
        source_bytes=source_bytes,
    )


BYTECODE, SOURCE, BOTH = head(1, 0), head(0, 1), head(1, 1)


async def report_of(wish: FunctionWish, *workers: Environment) -> Report:
    return (await EXAMINER.examine(wish)).against(workers)


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(each.level, each.code, each.name) for each in report.findings]


@pytest.mark.parametrize(
    ("function", "worker", "form"),
    [
        (BYTECODE, OURS, Form.BYTECODE),
        (BYTECODE, LATER, None),
        (BYTECODE, PYPY, None),
        (SOURCE, OURS, Form.SOURCE),
        (SOURCE, LATER, Form.SOURCE),
        (SOURCE, PYPY, None),
        (BOTH, OURS, Form.BYTECODE),
        (BOTH, LATER, Form.SOURCE),
        (BOTH, PYPY, None),
    ],
)
def test_bytecode_goes_to_its_own_version_and_source_to_any_of_its_family(
    function: FunctionHead, worker: Environment, form: Form | None
) -> None:
    assert form_for(function, worker) is form
    assert (fits_nowhere(function, [worker]) == "") == (form is not None)


def test_why_nobody_can_run_it_says_what_there_is_and_what_helps() -> None:
    assert fits_nowhere(SOURCE, []) == "no worker is connected; it needs one of cpython-any"
    problem = fits_nowhere(BYTECODE, [LATER, PYPY])
    assert "cpython-3.13, pypy-3.11" in problem
    assert "register it with source" in problem


async def test_without_a_worker_it_would_wait() -> None:
    report = await report_of(FunctionWish("f", "def f(): pass"))
    assert told(report) == [("warning", "no-worker", "cpython-any")]
    assert report.ok


async def test_a_module_that_workers_lack_is_a_warning_as_others_may_join() -> None:
    wish = FunctionWish("f", "import a, b, c\ndef f():\n  return a, b, c")
    first = replace(OURS, modules=("a", "b"))
    second = replace(OURS, modules=("a",))
    report = await report_of(wish, first, second)
    assert told(report) == [("warning", "missing-module", "b"), ("warning", "missing-module", "c")]
    assert report.ok
    assert report.unfit == ()
    assert "1 of 2 workers lack it" in report.findings[0].text


async def test_a_module_whose_absence_is_caught_is_no_error() -> None:
    text = "try:\n  import a\nexcept ImportError:\n  a = None\ndef f(): return a"
    report = await report_of(FunctionWish("f", text), replace(OURS, modules=("b",)))
    assert told(report) == [("warning", "missing-module", "a")]
    assert report.environment.modules == ()


async def test_a_worker_that_tells_no_modules_is_not_called_to_lack_any() -> None:
    wish = FunctionWish("f", "import a\ndef f(): return a")
    assert told(await report_of(wish, OURS, replace(OURS, modules=("b",)))) == []


async def test_only_workers_that_could_run_it_are_asked_for_modules() -> None:
    wish = FunctionWish("f", "import a\ndef f(): return a")
    report = await report_of(wish, replace(OURS, modules=("a",)), replace(PYPY, modules=("b",)))
    assert report.findings == ()


async def test_who_gets_source_and_who_bytecode_is_told() -> None:
    wish = FunctionWish("f", "def f(): pass", bytecode=PICKLE, environment=OURS)
    report = await report_of(wish, OURS, LATER)
    assert told(report) == [("warning", "other-environment", "cpython-3.13")]
    assert (report.bytecode_bytes, report.source_bytes) == (len(PICKLE), 13)


async def test_much_data_in_a_function_is_warned_of() -> None:
    size = LARGE_CLOSURE_BYTES + 1
    large = b"\x80\x04B" + size.to_bytes(4, "little") + bytes(size) + b"."
    report = await report_of(FunctionWish("f", bytecode=large), OURS)
    assert told(report) == [("warning", "large-closure", "")]
    assert report.closure_bytes > size


async def test_the_environment_says_which_modules_the_source_needs() -> None:
    examined = await EXAMINER.examine(FunctionWish("f", "import numpy, os\ndef f(): return numpy"))
    assert examined.environment == replace(OURS, modules=("numpy",))


async def test_an_unfit_function_is_refused_with_what_is_wrong(
    clock: ManualClock, store: MemoryStore
) -> None:

    told_to = (PickleInspector(), clock, SeededEntropy(1), OURS, Limits(), CountingTelemetry())
    functions = Service(store, store, *told_to).functions
    with pytest.raises(UnfitFunction) as refused:
        await functions.register(FunctionWish("f", "def f():\n    return helper()"))
    (finding,) = refused.value.findings
    assert (finding.level, finding.code, finding.line) == (Level.ERROR, "undefined-name", 2)
    missing = await functions.register(FunctionWish("g", "import nowhere\ndef g(): return nowhere"))
    assert missing.created
    assert [each.code for each in missing.findings] == ["no-worker"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock)


async def test_bytecode_alone_is_looked_into() -> None:
    def calls() -> object:
        return nowhere  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable]

    report = await report_of(FunctionWish("f", bytecode=dumps(calls, recurse=True)), OURS)
    assert told(report) == [(Level.ERROR, "undefined-name", "nowhere")]
    assert not report.ok


async def test_bytecode_of_another_version_says_that_nobody_has_looked() -> None:
    report = await report_of(FunctionWish("f", bytecode=PICKLE, environment=LATER), LATER)
    assert told(report) == [(Level.WARNING, "other-environment", LATER.tag)]
    assert report.ok
