"""Children that die under a task: one task is blamed, all others get what they came for."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from gofer.adapters.processes import launching
from gofer.domain.task import Cause, Failure, Success
from tests.contracts.executor import Bench, double, failure_of, pickled, value_of
from tests.integration.processes.conftest import StartBench, StartHost
from tests.support.processes import is_running
from tests.support.waiting import wait_until


def segfault() -> None:
    import ctypes  # noqa: PLC0415

    ctypes.string_at(0)


def quit_at_once() -> None:
    import os  # noqa: PLC0415

    print("last words")  # noqa: T201
    os._exit(3)


def kill_itself() -> None:
    import os  # noqa: PLC0415
    import signal  # noqa: PLC0415

    os.kill(os.getpid(), signal.SIGKILL)


def abort() -> None:
    import os  # noqa: PLC0415

    os.abort()


def kill_its_group() -> None:
    import os  # noqa: PLC0415

    os.killpg(0, 9)


def pid() -> int:
    import os  # noqa: PLC0415

    return os.getpid()


DEATHS: list[tuple[Callable[[], None], Cause, int | None, int | None]] = [
    (segfault, Cause.SIGNAL, signal.SIGSEGV, None),
    (abort, Cause.SIGNAL, signal.SIGABRT, None),
    (kill_itself, Cause.SIGNAL, signal.SIGKILL, None),
    (kill_its_group, Cause.SIGNAL, signal.SIGKILL, None),
    (quit_at_once, Cause.EXIT, None, 3),
]


@pytest.mark.parametrize(
    ("death", "cause", "number", "code"), DEATHS, ids=[death.__name__ for death, *_ in DEATHS]
)
async def test_a_death_is_told_with_its_evidence_and_the_slot_lives_on(
    single: Bench,
    death: Callable[[], None],
    cause: Cause,
    number: int | None,
    code: int | None,
) -> None:
    failure = await single.failure(death)
    assert (failure.cause, failure.signal, failure.exit_code) == (cause, number, code)
    assert (failure.worker, failure.attempt, failure.exception) == ("tester", 1, b"")
    assert await single.value(double, 4) == 8


async def test_what_a_dying_task_wrote_is_kept(bench: Bench) -> None:
    assert (await bench.failure(quit_at_once)).output == "last words\n"
    assert "segmentation fault" in (await bench.failure(segfault)).output.lower()


@pytest.mark.parametrize("death", [death for death, *_ in DEATHS])
async def test_a_poison_among_fifty_tasks_of_one_message_harms_none_of_them(
    single: Bench, death: Callable[[], None]
) -> None:
    def sometimes(number: int, poison: bytes) -> int:
        if number == 25:
            import pickle  # noqa: PLC0415

            pickle.loads(poison)()
        return number

    poison = pickled(death).payload
    await single.run(*(single.task(sometimes, n, b"") for n in range(5)))  # learn that it is short
    tasks = [single.task(sometimes, n, poison) for n in range(50)]
    outcomes = await single.run(*tasks)
    assert not isinstance(outcomes.pop(25), Success)
    assert [value_of(outcome) for outcome in outcomes] == [n for n in range(50) if n != 25]


async def test_a_finished_task_is_not_run_again_when_its_neighbour_kills_the_child(
    single: Bench, tmp_path: Path
) -> None:
    def trace(folder: str, number: int) -> None:
        import os  # noqa: PLC0415

        fd = os.open(f"{folder}/{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, b"x")
        os.close(fd)
        if number == 30:
            os._exit(1)

    await single.run(*(single.task(trace, str(tmp_path), 100 + n) for n in range(20)))
    await single.run(*(single.task(trace, str(tmp_path), n) for n in range(60)))
    assert traces(tmp_path) == {str(n): "x" for n in [*range(60), *range(100, 120)]}


def traces(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


async def test_a_child_that_dies_between_two_tasks_is_replaced_and_nobody_blamed(
    single: Bench,
) -> None:
    first = await single.value(pid)
    os.kill(first, signal.SIGKILL)
    assert await single.value(pid) != first


async def test_a_memory_error_under_the_limit_fails_its_task_and_not_the_host(
    start_bench: StartBench,
) -> None:
    def hoard() -> int:
        return len(bytearray(2 * 1024**3))

    bench = await start_bench(memory_bytes=1024**3)
    failure = await bench.failure(hoard)
    assert (failure.cause, failure.type) == (Cause.MEMORY, "MemoryError")
    assert await bench.value(double, 1) == 2


async def test_the_end_of_the_forkserver_is_nobody_s_fault(start_bench: StartBench) -> None:
    def stay() -> None:
        import time  # noqa: PLC0415

        time.sleep(3600)

    bench = await start_bench()
    task = bench.task(stay)
    bench.executor.execute([task])
    await bench.begun(task)
    os.kill(launching.parent_pid(), signal.SIGKILL)
    (outcome,) = await bench.outcomes(task)
    assert failure_of(outcome).cause is Cause.WORKER_LOST
    for number in (1, 2):
        (outcome,) = await bench.run(bench.task(double, number))
        while isinstance(outcome, Failure):  # given to a child whose end had not been seen yet
            assert outcome.cause is Cause.WORKER_LOST
            (outcome,) = await bench.run(bench.task(double, number))
        assert value_of(outcome) == 2 * number


async def test_closing_all_descriptors_ends_the_task_and_does_not_hang(single: Bench) -> None:
    def close_all() -> None:
        import os  # noqa: PLC0415
        import time  # noqa: PLC0415

        os.closerange(3, 4096)
        time.sleep(3600)

    def close_all_and_return() -> None:
        import os  # noqa: PLC0415

        os.closerange(0, 4096)

    for function in (close_all, close_all_and_return):
        assert (await single.failure(function)).cause in {Cause.EXIT, Cause.SIGNAL}
    assert await single.value(double, 1) == 2


async def test_the_usual_closing_of_low_descriptors_does_no_harm(single: Bench) -> None:
    def daemonize() -> str:
        import os  # noqa: PLC0415

        os.closerange(3, 100)
        return "fine"

    assert await single.value(daemonize) == "fine"


async def test_nonsense_on_the_results_pipe_ends_the_child_and_not_the_worker(
    single: Bench,
) -> None:
    def scribble() -> None:
        import os  # noqa: PLC0415
        import stat  # noqa: PLC0415
        import time  # noqa: PLC0415

        for fd in range(200, 260):
            try:
                if stat.S_ISFIFO(os.fstat(fd).st_mode) or stat.S_ISSOCK(os.fstat(fd).st_mode):
                    os.write(fd, b"\xff" * 100)
            except OSError:
                continue
        time.sleep(3600)

    failure = await single.failure(scribble)
    assert failure.cause in {Cause.EXIT, Cause.SIGNAL}
    assert await single.value(double, 1) == 2


async def test_a_fork_that_falls_out_of_the_task_reports_nothing(single: Bench) -> None:
    def fork() -> int:
        import os  # noqa: PLC0415

        os.fork()
        return os.getpid()

    reported = [await single.value(fork) for _ in range(3)]
    assert len(set(reported)) == len(reported)  # each by its child, which is replaced for it
    assert await single.value(double, 1) == 2


async def test_a_task_on_whose_receipt_children_die_is_blamed_in_the_end(
    start_bench: StartBench,
) -> None:
    def size(data: bytes) -> int:
        return len(data)

    bench = await start_bench(memory_bytes=160 * 1024**2)
    task = bench.task(size, bytes(100 * 1024**2))
    (outcome,) = await bench.run(task)
    assert failure_of(outcome).cause in {Cause.EXIT, Cause.MEMORY}


def busy_in_python() -> None:
    while True:
        pass


def busy_in_c() -> None:
    sum(range(10**12))


def busy_with_a_family() -> None:
    """Have processes in the group, in a session of their own, and set free from everybody."""
    import os  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import time  # noqa: PLC0415

    subprocess.Popen(["/bin/sleep", "3600"])
    subprocess.Popen(["/bin/sleep", "3600"], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
    time.sleep(3600)


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("busy", [busy_in_python, busy_in_c, busy_with_a_family])
def test_children_and_files_go_with_a_supervisor_that_is_killed(
    start_host: StartHost, busy: Callable[[], None], tmp_path: Path, *, stopped: bool
) -> None:
    host = start_host(busy)
    least = 9 if busy is busy_with_a_family else 3
    wait_until(lambda: len(host.descendants()) >= least, "the whole family is there")
    family = host.descendants()
    if stopped:
        host.send(signal.SIGSTOP)
    host.kill()
    wait_until(
        lambda: [one.pid for one in family if is_running(one.pid)] == [], "all children are gone"
    )
    assert list((tmp_path / "files").iterdir()) == []
