"""What a task finds around it: nothing of ours, and what the operator gave it."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.executor import Bench, body_of, double, value_of
from tests.integration.processes.conftest import StartBench, StartHost


def surroundings() -> dict[str, Any]:
    import os  # noqa: PLC0415
    import resource  # noqa: PLC0415
    import signal  # noqa: PLC0415
    import sys  # noqa: PLC0415
    import threading  # noqa: PLC0415
    from importlib.util import find_spec  # noqa: PLC0415

    umask = os.umask(0o077)
    importable = ("tests", "domain", "adapters", "entrypoints", "conftest", "host")
    return {
        "main": sorted(vars(sys.modules["__main__"])),
        "path": sys.path,
        "argv": sys.argv,
        "importable": [name for name in importable if find_spec(name)],
        "umask": umask,
        "stdin": sys.stdin.read() + os.read(0, 10).decode(),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "group": os.getpgid(0) == os.getsid(0) == os.getpid(),
        "sigterm": signal.getsignal(signal.SIGTERM),
        "sigint": signal.getsignal(signal.SIGINT),
        "threads": threading.active_count(),
        "secrets": [name for name in os.environ if name.startswith("GOFER_")],
        "daemon": sys.modules["multiprocessing"].current_process().daemon,
    }


async def test_a_task_finds_clean_surroundings(
    start_bench: StartBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Path(__file__).parents[3]
    monkeypatch.chdir(checkout)
    monkeypatch.setattr(sys, "path", [str(checkout), *sys.path])
    monkeypatch.setenv("GOFER_SECRET", "1")
    bench = await start_bench(1)
    found = await bench.value(surroundings)
    path = found.pop("path")
    assert "" not in path
    assert str(checkout) not in path
    assert found == {
        "main": ["__builtins__", "__doc__", "__name__", "__spec__"],
        "argv": [""],
        "importable": [],
        "umask": 0o077,
        "stdin": "",
        "core": (0, 0),
        "group": True,
        "sigterm": 0,
        "sigint": 1,
        "threads": 1,
        "secrets": [],
        "daemon": False,
    }


async def test_modules_are_found_in_the_folders_of_the_operator(
    start_bench: StartBench, tmp_path: Path
) -> None:
    for name, answer in (("tests", 1), ("entrypoints", 2), ("gofer_user_module", 3)):
        (tmp_path / f"{name}.py").write_text(f"def answer(): return {answer}\n")
    bench = await start_bench(1, path=(str(tmp_path),))
    outcomes = [
        await bench.run(bench.task(body_of(b"c%s\nanswer\n." % name)))
        for name in (b"tests", b"entrypoints", b"gofer_user_module")
    ]
    assert [value_of(outcome) for (outcome,) in outcomes] == [1, 2, 3]


async def test_modules_are_found_in_pythonpath(
    start_bench: StartBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "gofer_env_module.py").write_text("def answer(): return 'found'\n")
    bench = await start_bench(1)
    task = bench.task(body_of(b"cgofer_env_module\nanswer\n."))
    (outcome,) = await bench.run(task)
    assert value_of(outcome) == "found"


async def test_the_script_that_started_the_supervisor_is_not_run_again_in_children(
    start_host: StartHost,
) -> None:
    host = start_host(double_wait)
    assert host.log().count("all are under way") == 1


def double_wait() -> None:
    import sys  # noqa: PLC0415
    import time  # noqa: PLC0415

    assert "asyncio" in sys.modules
    assert not hasattr(sys.modules["__main__"], "HOST")
    assert not hasattr(sys.modules["__main__"], "ARGUMENTS")
    time.sleep(3600)


async def test_a_task_may_have_processes_of_its_own(bench: Bench) -> None:
    def pool() -> list[int]:
        import multiprocessing  # noqa: PLC0415

        with multiprocessing.get_context("fork").Pool(2) as workers:
            return workers.map(abs, [-1, -2])

    assert await bench.value(pool) == [1, 2]


async def test_limits_bind_the_children(start_bench: StartBench) -> None:
    def limits() -> list[int]:
        import resource  # noqa: PLC0415

        kinds = (resource.RLIMIT_AS, resource.RLIMIT_NOFILE)
        return [resource.getrlimit(kind)[0] for kind in kinds]

    bench = await start_bench(1, memory_bytes=2 * 1024**3, open_files=300)
    assert await bench.value(limits) == [2 * 1024**3, 300]
    assert await bench.value(double, 1) == 2


async def test_children_draw_different_random_numbers(bench: Bench) -> None:
    def draw() -> tuple[int, float]:
        import os  # noqa: PLC0415
        import random  # noqa: PLC0415
        import time  # noqa: PLC0415

        time.sleep(0.05)
        return os.getpid(), random.random()

    outcomes = await bench.run(bench.task(draw), bench.task(draw))
    drawn = [value_of(outcome) for outcome in outcomes]
    assert len({pid for pid, _ in drawn}) == len({number for _, number in drawn}) == 2
