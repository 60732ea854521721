"""The standard library's own tests of executors, found where this interpreter has them.

CPython's ``test.test_concurrent_futures`` is one module up to 3.11 and a package from 3.12; many
distributions leave it out. GOFER_TEST_LIBRARY names a folder that has it, for interpreters that do
not: the ``Lib/test`` of a CPython of the same minor version, or of the one before. Nothing of it is
copied or changed: a class of its tests gets another executor, as the library does it itself.
"""

import importlib
import os
import pkgutil
import sys
import unittest
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, ClassVar

from gofer import Executor

FOLDER_VARIABLE = "GOFER_TEST_LIBRARY"

APPLY = ("ExecutorTest", "ExecutorShutdownTest", "WaitTests", "AsCompletedTests")
"""Classes whose tests are asked of gofer's executor, but for those of ``NOT_APPLYING``."""

PICKED = (
    "ProcessPoolExecutorTest.test_map_chunksize",
    "ExecutorDeadlockTest.test_error_at_task_pickle",
    "ExecutorDeadlockTest.test_error_during_func_exec_on_worker",
)
"""Tests of other classes that have a meaning here."""

_PRINTS = "what a task prints is its worker's: test_executor_shutdown.py asks the same of a result"

NOT_APPLYING = {
    "ExecutorTest.test_max_workers_negative": "how much runs at once is up to the workers",
    "ExecutorShutdownTest.test_interpreter_shutdown": _PRINTS,
    "ExecutorShutdownTest.test_hang_gh83386": _PRINTS,
}
"""Tests of ``APPLY`` that have no meaning here, and why."""

OTHER_CLASSES = {
    "ThreadPoolExecutorTest": "tasks share memory with the test, or threads of a pool are counted",
    "ThreadPoolShutdownTest": "threads of a pool are looked at",
    "ThreadPoolWaitTests": "tasks share an event with the test",
    "ProcessPoolExecutorTest": "processes of a pool are counted, killed and recycled",
    "ProcessPoolShutdownTest": "processes of a pool are looked at",
    "ExecutorDeadlockTest": "a worker that dies breaks a pool for ever; here it ends one task",
    "InitializerMixin": "workers serve everybody: there are no initializers",
    "FailingInitializerMixin": "workers serve everybody: there are no initializers",
    "FailingInitializerResourcesTest": "processes of a pool are looked at",
    "FutureTests": "the library's futures by themselves; ours are derived from them",
}
"""Classes whose tests have no meaning here but for those of ``PICKED``, and why."""


class LibraryExecutor(Executor):
    """What the library's tests make: an executor with how many workers it shall have."""

    url: ClassVar[str] = ""

    def __init__(self, max_workers: int | None = None, mp_context: object = None) -> None:
        """Take what the library's executors take; it is not for us to say."""
        del max_workers, mp_context
        super().__init__(self.url)


def modules() -> list[ModuleType]:
    """Return the modules of the library's tests; none where it has none, or skips all."""
    folder = os.environ.get(FOLDER_VARIABLE, "")
    name = "test_concurrent_futures" if folder else "test.test_concurrent_futures"
    sys.path.append(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another's modules, while they are imported
            first = importlib.import_module(name)
            inner = pkgutil.iter_modules(getattr(first, "__path__", ()))
            return [first, *(importlib.import_module(f"{name}.{each.name}") for each in inner)]
    except (ModuleNotFoundError, unittest.SkipTest):
        return []
    finally:
        sys.path.pop()


def classes() -> dict[str, tuple[type, ModuleType]]:
    """Return the library's classes that have tests of their own, each with its module."""
    return {
        name: (found, module)
        for module in modules()
        for name, found in vars(module).items()
        if isinstance(found, type) and found.__module__ == module.__name__ and any(_tests(found))
    }


def applying() -> list[str]:
    """Return the tests that are asked of gofer's executor, as "Class.test"."""
    return [
        f"{name}.{test}"
        for name, (found, _) in sorted(classes().items())
        for test in _tests(found)
        if f"{name}.{test}" in PICKED or (name in APPLY and f"{name}.{test}" not in NOT_APPLYING)
    ]


def case_of(test: str) -> tuple[unittest.TestCase, ModuleType]:
    """Return one of the library's tests, with gofer's executor, and the module that it is of."""
    name, _, method = test.partition(".")
    found, module = classes()[name]
    mixin: Any = next(
        vars(each)["ExecutorMixin"] for each in modules() if "ExecutorMixin" in vars(each)
    )
    members: dict[str, Any] = {"executor_type": LibraryExecutor, "get_context": _no_context}
    case: Any = type(name, (found, mixin, unittest.TestCase), members)
    return case(method), module


def in_fresh_python(run: Callable[..., Any], url: str) -> Callable[..., Any]:
    """Return what runs a script of the library's tests with gofer's executor among the library's.

    ``run`` is the library's own ``assert_python_ok``.
    """
    begin = (
        "import concurrent.futures, gofer\n"
        "class LibraryExecutor(gofer.Executor):\n"
        f"    def __init__(self, max_workers=None): super().__init__({url!r})\n"
        "concurrent.futures.LibraryExecutor = LibraryExecutor\n"
    )

    def run_with_ours(flag: str, script: str) -> Any:
        return run(flag, f"{begin}exec({script!r})")

    return run_with_ours


def _no_context(_case: object) -> None:
    """Return what stands for a context of ``multiprocessing``."""


def _tests(found: type) -> Iterator[str]:
    return (name for name in vars(found) if name.startswith("test"))
