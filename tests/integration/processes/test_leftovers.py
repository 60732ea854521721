"""What a task leaves behind is never met by the next one: its child is replaced."""

from pathlib import Path

import pytest

from tests.contracts.executor import Bench, value_of
from tests.integration.processes.conftest import StartBench
from tests.support.leftovers import leave_behind

LEFT_BEHIND = [
    "working directory",
    "umask",
    "environment",
    "environment unset",
    "import path",
    "stdout",
    "stderr",
    "recursion limit",
    "handler of SIGTERM",
    "handler of SIGINT",
    "handler of SIGALRM",
    "handler of SIGVTALRM",
    "handler of SIGSEGV",
    "faulthandler",
    "real timer",
    "virtual timer",
    "profiling timer",
    "mask",
    "thread",
    "daemon thread",
    "bare thread",
    "tracer",
    "profiler",
    "collector",
    "socket timeout",
    "limit of files",
    "limit of time",
    "limit of file size",
    "priority",
    "open files",
    "closed stdin",
    "closed stdout",
    "child process",
    "child process in a session",
    "zombie",
]


def pid() -> int:
    import os  # noqa: PLC0415

    return os.getpid()


@pytest.mark.parametrize("what", LEFT_BEHIND)
async def test_the_next_task_does_not_meet_what_one_has_left_behind(
    single: Bench, what: str
) -> None:
    first = single.task(leave_behind, what)
    outcomes = await single.run(first, *(single.task(pid) for _ in range(5)))
    before, *after = map(value_of, outcomes)
    assert before not in after
    assert len(set(after)) == 1


async def test_what_an_import_adds_is_no_reason_for_a_new_child(
    start_bench: StartBench, tmp_path: Path
) -> None:
    (tmp_path / "settling.py").write_text(
        "import os, sys\nos.environ['SETTLED'] = '1'\nsys.path.append('/nowhere')\n"
    )

    def use() -> int:
        import os  # noqa: PLC0415

        __import__("settling")
        return os.getpid()

    bench = await start_bench(1, path=(str(tmp_path),))
    assert len({await bench.value(use) for _ in range(3)}) == 1
