"""Tasks side by side and one after the other: none delays, harms or outruns another."""

from pathlib import Path

import pytest

from tests.contracts.executor import Bench, double, endless, value_of
from tests.integration.processes.conftest import StartBench
from tests.support.waiting import wait_until, wait_until_async


def pid() -> int:
    import os  # noqa: PLC0415

    return os.getpid()


def pid_after(name: str) -> int:
    """Do something that a child should not keep, and return the child's pid."""
    import os  # noqa: PLC0415
    import signal  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415
    import threading  # noqa: PLC0415

    def thread() -> None:
        threading.Thread(target=threading.Event().wait).start()

    def stream() -> None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115

    def mask() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    actions = {
        "handler": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
        "alarm": lambda: signal.alarm(1),
        "folder": lambda: os.chdir("/"),
        "thread": thread,
        "stream": stream,
        "closed stream": sys.stdout.close,
        "closed descriptor": lambda: os.close(1),
        "mask": mask,
        "process": lambda: subprocess.Popen(["/bin/sleep", "3600"]),
    }
    actions[name]()
    return os.getpid()


@pytest.mark.parametrize(
    "name",
    [
        "handler",
        "alarm",
        "folder",
        "thread",
        "stream",
        "closed stream",
        "closed descriptor",
        "mask",
        "process",
    ],
)
async def test_a_child_that_is_not_as_it_was_is_replaced(single: Bench, name: str) -> None:
    assert await single.value(pid_after, name) != await single.value(pid)


async def test_a_clean_child_is_kept(single: Bench) -> None:
    assert len({await single.value(pid) for _ in range(20)}) == 1


async def test_a_child_is_replaced_after_so_many_tasks(start_bench: StartBench) -> None:
    bench = await start_bench(1, recycle_after=10)
    outcomes = await bench.run(*(bench.task(pid) for _ in range(100)))
    pids = [value_of(outcome) for outcome in outcomes]
    assert {pids.count(one) for one in pids} == {10}


async def test_a_child_that_has_grown_is_replaced(start_bench: StartBench) -> None:
    def grow(size: int) -> int:
        import os  # noqa: PLC0415

        data = bytearray(size)
        return os.getpid() if data else 0

    bench = await start_bench(1, recycle_rss_kb=150 * 1024)
    first, second = await bench.value(grow, 1), await bench.value(grow, 200 * 1024 * 1024)
    assert first == second != await bench.value(pid)


async def test_as_many_tasks_run_at_once_as_there_are_slots(
    start_bench: StartBench, tmp_path: Path
) -> None:
    def meet(folder: str, number: int, parties: int) -> bool:
        import time  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415

        here = Path(folder)
        (here / str(number)).touch()
        deadline = time.monotonic() + 20
        while len(list(here.iterdir())) < parties:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    bench = await start_bench(4)
    tasks = [bench.task(meet, str(tmp_path), n, 4) for n in range(4)]
    assert [value_of(outcome) for outcome in await bench.run(*tasks)] == [True] * 4


async def test_nothing_waits_behind_a_long_task_while_another_slot_is_free(bench: Bench) -> None:
    def sometimes(wait: float) -> None:
        import time  # noqa: PLC0415

        time.sleep(wait)

    await bench.run(*(bench.task(sometimes, 0.0) for _ in range(200)))  # learn that it is short
    long = bench.task(sometimes, 3600.0)
    others = [bench.task(sometimes, 0.0) for _ in range(100)]
    bench.executor.execute([long, *others])
    await bench.outcomes(*others)
    await bench.begun(long)  # on a busy machine it travels alone, and has not been noticed yet
    assert long.attempt not in bench.ended()


async def test_what_is_finished_is_not_held_up_by_a_long_task_behind_it(single: Bench) -> None:
    def sometimes(wait: float) -> None:
        import time  # noqa: PLC0415

        time.sleep(wait)

    await single.run(*(single.task(sometimes, 0.0) for _ in range(50)))
    first = [single.task(sometimes, 0.0) for _ in range(5)]
    single.executor.execute([*first, single.task(sometimes, 3600.0)])
    await single.outcomes(*first)
    assert len(single.ended()) == 55


async def test_a_child_begins_its_next_brief_task_although_the_supervisor_stands_still(
    single: Bench, tmp_path: Path
) -> None:
    def touch(name: str) -> float:
        import time  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415

        began = time.monotonic()
        time.sleep(0.004)
        Path(name).touch()
        return time.monotonic() - began

    async def took_10_ms_at_most() -> bool:
        runs: list[float] = [await single.value(touch, str(tmp_path / "learnt")) for _ in range(8)]
        return max(runs) <= 0.01  # what is learnt is a running mean; on a busy machine 4 ms are 30

    await wait_until_async(took_10_ms_at_most, "the task is known to be brief", 30)
    tasks = [single.task(touch, str(tmp_path / name)) for name in ("first", "second")]
    single.executor.execute(tasks)
    wait_until((tmp_path / "second").exists, "both have run; the loop of the supervisor has not", 5)
    await single.outcomes(*tasks)


async def test_what_waits_in_a_child_s_hands_can_be_taken_back(
    single: Bench, tmp_path: Path
) -> None:
    def mark(folder: str, name: str, wait: float) -> None:
        import time  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415

        Path(folder, name).touch()
        time.sleep(wait)

    folder = str(tmp_path)
    await single.run(*(single.task(mark, folder, "warm", 0.0) for _ in range(50)))
    long = single.task(mark, folder, "long", 0.2)
    others = [single.task(mark, folder, str(n), 0.0) for n in range(20)]
    single.executor.execute([long, *others])
    wait_until((tmp_path / "long").exists, "the first has begun")  # the loop hears nothing of it
    wanted = [task.attempt for task in (*others[5:10], long)]
    assert single.executor.take_back(wanted) == wanted[:-1]
    await single.outcomes(long, *others[:5], *others[10:])
    await single.value(double, 1)
    left = {str(n) for n in (*range(5), *range(10, 20))} | {"long", "warm"}
    assert names_in(tmp_path) == left
    assert single.ended().keys().isdisjoint(wanted[:-1])


async def test_take_back_at_any_moment_leaves_each_task_run_or_returned(
    bench: Bench, tmp_path: Path
) -> None:
    def append(folder: str, name: int) -> None:
        import os  # noqa: PLC0415

        fd = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, b"x")
        os.close(fd)

    for turn in range(20):
        tasks = [bench.task(append, str(tmp_path), turn * 100 + n) for n in range(100)]
        bench.executor.execute(tasks)
        seen = len(bench.ended())
        await bench.until(lambda: len(bench.ended()) > seen + turn * 4)  # noqa: B023
        taken = set(bench.executor.take_back([task.attempt for task in tasks]))
        kept = [task for task in tasks if task.attempt not in taken]
        await bench.outcomes(*kept)
        await bench.value(double, 1)
        assert bench.ended().keys().isdisjoint(taken)
        expected = {str(turn * 100 + n) for n in range(100) if tasks[n].attempt not in taken}
        ours = {str(turn * 100 + n) for n in range(100)}
        assert {name for name in names_in(tmp_path) if name in ours} == expected
    assert all(file.read_text() == "x" for file in files_in(tmp_path))


async def test_a_kill_leaves_the_neighbours_in_the_same_message_alone(
    single: Bench, tmp_path: Path
) -> None:
    def mark(folder: str, name: str, wait: float) -> str:
        import time  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415

        Path(folder, name).touch()
        time.sleep(wait)
        return name

    folder = str(tmp_path)
    await single.run(*(single.task(mark, folder, "warm", 0.0) for _ in range(50)))
    victim = single.task(mark, folder, "victim", 3600.0)
    waiting = single.task(mark, folder, "never", 0.0)
    others = [single.task(mark, folder, str(n), 0.0) for n in range(20)]
    single.executor.execute([victim, *others[:10], waiting, *others[10:]])
    wait_until((tmp_path / "victim").exists, "the victim has begun")
    single.executor.kill([victim.attempt, waiting.attempt])
    outcomes = await single.outcomes(*others)
    assert [value_of(outcome) for outcome in outcomes] == [str(n) for n in range(20)]
    assert {victim.attempt, waiting.attempt}.isdisjoint(single.ended())
    assert "never" not in names_in(tmp_path)


async def test_a_kill_takes_back_an_event_that_nobody_has_heard(bench: Bench) -> None:
    task = bench.task(double, 1)
    bench.executor.execute([task])
    other = bench.task(endless)
    bench.executor.execute([other])
    await bench.begun(other)
    again = bench.task(double, 1)
    bench.executor.execute([again])
    bench.executor.kill([again.attempt])
    await bench.value(double, 2)
    assert again.attempt not in bench.ended()


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())
