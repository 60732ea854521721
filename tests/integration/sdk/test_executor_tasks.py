"""What only a remote task's future has: ids, cancels that work, futures of tasks from elsewhere."""

import concurrent.futures as cf
import threading
import time
from collections.abc import Generator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import cast

import pytest

import gofer.testing
from gofer import Client, Executor, Refused, Unreachable
from gofer.testing import RunningSystem, Success, raised, returned
from tests.support.forwarder import Forwarder
from tests.support.moody_server import Mood, moody
from tests.support.ports import free_port
from tests.support.waiting import wait_until

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def wait_for(path: str) -> str:
    """Run until a file is there."""
    while not Path(path).exists():
        time.sleep(0.01)
    return path


# ---------------------------------------------------------------- cancelling


def test_a_task_that_runs_is_cancelled(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        future = pool.submit(abs, -1)
        holding.begun(future.task_id)
        assert future.status() == "RUNNING"
        assert future.cancel()
        assert (future.cancelled(), future.done(), future.status()) == (True, True, "CANCELLED")
        with pytest.raises(CancelledError):
            future.result(0)
        assert future.cancel()


def test_a_task_that_has_ended_is_not_cancelled(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        future = pool.submit(abs, -1)
        holding.finish(future.task_id, returned(1))
        future.result(30)
        assert not future.cancel()
        assert not future.cancelled()


def test_those_who_wait_for_one_of_many_are_told_of_a_cancel(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        futures = [pool.submit(abs, -n) for n in range(3)]
        assert futures[1].task_id
        threading.Timer(0.05, futures[1].cancel).start()
        assert next(cf.as_completed(futures, timeout=30)) is futures[1]
        futures[0].cancel()
        futures[2].cancel()


def test_a_task_that_somebody_else_cancelled_is_cancelled_here(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool, Client(holding.url) as other:
        future = pool.submit(abs, -1)
        assert other.task(future.task_id).cancel()
        with pytest.raises(CancelledError):
            future.result(30)


def test_shutdown_cancels_what_no_worker_has_begun_and_no_more(holding: RunningSystem) -> None:
    pool = Executor(holding.url)
    futures = [pool.submit(abs, -n) for n in range(30)]
    for future in futures[:2]:
        holding.begun(future.task_id)
    assert futures[-1].task_id
    pool.shutdown(wait=False, cancel_futures=True)
    wait_until(futures[-1].cancelled, "the last one is cancelled")
    running = [future for future in futures if future.status() == "RUNNING"]
    for future in running:
        holding.finish(future.task_id, returned(7))
    assert [future.result(30) for future in running] == [7] * len(running)
    assert len(running) >= 2
    done, rest = cf.wait(futures, timeout=30)
    assert (len(done), rest) == (30, set())
    pool.shutdown()


def test_shutdown_lets_begin_what_a_free_worker_can_take(holding: RunningSystem) -> None:
    pool = Executor(holding.url)
    first = pool.submit(abs, -1)
    pool.shutdown(wait=False, cancel_futures=True)
    assert not first.cancelled()
    holding.finish(first.task_id, returned(1))
    assert first.result(30) == 1
    pool.shutdown()


def test_a_future_runs_while_the_service_says_so(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        future = pool.submit(abs, -1)
        holding.begun(future.task_id)
        assert future.running()
        holding.finish(future.task_id, returned(1))
        future.result(30)
        assert not future.running()


def test_a_future_does_not_run_where_nobody_can_be_asked() -> None:
    with Executor(f"http://127.0.0.1:{free_port()}", patience_s=0.1) as pool:
        future = pool.submit(abs, -1)
        assert not future.running()
        assert isinstance(future.exception(30), Unreachable)


def test_map_gives_up_in_time_and_cancels_the_rest(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        found = pool.map(abs, range(3), timeout=0.2)
        with pytest.raises(TimeoutError):
            next(found)
    # leaving the block waits for all tasks: none would ever end by itself


def test_a_map_that_is_left_cancels_the_rest() -> None:
    first = iter([returned(0)])

    def run(*_: object) -> Success | None:
        return next(first, None)

    with (
        gofer.testing.running(run=run) as system,
        Executor(system.url) as pool,
    ):
        found = cast("Generator[int]", pool.map(abs, range(3)))
        assert next(found) == 0
        found.close()
    # leaving the block waits for all tasks: two would never end by themselves


# ---------------------------------------------------------------- tasks from elsewhere


def test_a_future_is_made_from_a_task_s_id(holding: RunningSystem) -> None:
    with Executor(holding.url) as first, Executor(holding.url) as second:
        future = first.submit(abs, -1)
        again = second.attach(future.task_id)
        holding.finish(future.task_id, returned(5))
        assert (future.result(30), again.result(30)) == (5, 5)
        assert again.task_id == future.task_id


def test_a_task_that_there_is_not_ends_its_future(pool: Executor) -> None:
    with pytest.raises(Refused, match=UNKNOWN):
        pool.attach(UNKNOWN).result(30)
    with pytest.raises(ValueError, match="nonsense"):
        pool.attach("nonsense")


def test_futures_are_made_from_a_batch_s_id(system: RunningSystem, pool: Executor) -> None:
    with Client(system.url) as client:
        function = client.register(abs)
        payloads = [client.arguments(-1), b"rubbish", client.arguments(-3)]
        batch = client.submit_batch(function, payloads)
        futures = pool.attach_batch(batch.id)
        assert [futures[0].result(30), futures[2].result(30)] == [1, 3]
        with pytest.raises(Exception, match="kept no longer"):
            futures[1].result(30)


def test_futures_are_made_from_a_tag(system: RunningSystem, pool: Executor) -> None:
    with Executor(system.url, tags=["nightly"]) as tagged:
        ids = [tagged.submit(abs, -n).task_id for n in range(3)]
    futures = pool.attach_tag("nightly")
    assert [future.task_id for future in futures] == ids
    assert [future.result(30) for future in futures] == [0, 1, 2]


# ---------------------------------------------------------------- trouble on the way


def test_a_service_that_goes_away_in_mid_flight_is_not_noticed(holding: RunningSystem) -> None:
    forwarder = Forwarder(int(holding.url.rpartition(":")[2]))
    forwarder.start()
    try:
        with Executor(f"http://127.0.0.1:{forwarder.port}") as pool:
            futures = [pool.submit(abs, -n) for n in range(3)]
            ids = [future.task_id for future in futures]
            forwarder.cut()
            holding.finish(ids[0], returned(1))
            assert futures[0].result(30) == 1
            away, forwarder.target = forwarder.target, free_port()
            forwarder.cut()
            late = pool.submit(abs, -4)
            holding.finish(ids[1], returned(2))
            forwarder.target = away
            assert futures[1].result(30) == 2
            for task_id in (ids[2], late.task_id):
                holding.finish(task_id, returned(3))
            assert [futures[2].result(30), late.result(30)] == [3, 3]
    finally:
        forwarder.stop()


def test_a_batch_whose_answer_was_lost_is_submitted_once(system: RunningSystem) -> None:
    moods = [Mood.ANSWERS, Mood.LOSES_THE_ANSWER, Mood.LOSES_THE_ANSWER]
    with moody(system.url, *moods) as (url, server), Executor(url) as pool:
        assert pool.submit(abs, -3).result(30) == 3
    assert server.seen[1:4] == ["/v1/batches"] * 3


def test_a_queue_that_is_full_holds_tasks_up_and_refuses_none(tmp_path: Path) -> None:
    with (
        gofer.testing.running(queue_limit_tasks=5) as system,
        Executor(system.url) as pool,
    ):
        first = [pool.submit(wait_for, str(tmp_path / "go")) for _ in range(5)]
        rest = [pool.submit(abs, -n) for n in range(10)]
        (tmp_path / "go").touch()
        assert [future.result(30) for future in rest] == list(range(10))
        assert len(cf.wait(first, timeout=30).done) == 5


def test_a_service_that_stays_away_ends_the_futures_with_what_to_do() -> None:
    with Executor(f"http://127.0.0.1:{free_port()}", patience_s=0.1) as pool:
        future = pool.submit(abs, -1)
        with pytest.raises(Unreachable, match="gofer up"):
            future.result(30)
        with pytest.raises(Unreachable):
            _ = future.task_id


def test_what_the_service_refuses_ends_its_own_future_alone(pool: Executor) -> None:
    class Odd:
        def __reduce__(self) -> tuple[object, ...]:
            raise RuntimeError("cannot be pickled")

    good, bad = pool.submit(abs, -1), pool.submit(str, Odd())
    assert good.result(30) == 1
    with pytest.raises(TypeError, match=r"argument 0 cannot be sent: it is a .*Odd"):
        bad.result(30)


def test_a_function_that_the_service_has_lost_is_registered_again(system: RunningSystem) -> None:
    with Executor(system.url) as pool, Client(system.url) as client:
        assert pool.submit(divmod, 7, 2).result(30) == (3, 1)
        client.functions.delete("divmod")
        assert pool.submit(divmod, 9, 2).result(30) == (4, 1)


def test_what_a_function_raised_is_raised(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        future = pool.submit(abs, -1)
        holding.finish(future.task_id, raised(KeyError("k")))
        with pytest.raises(KeyError):
            future.result(30)


def test_an_option_that_there_is_not_is_told() -> None:
    with pytest.raises(TypeError, match="no option tries"):
        Executor("http://127.0.0.1:1", tries=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match=r"max_workers: how many .* gofer up --workers"):
        Executor(max_workers=4)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match="and not 4"):
        Executor(4)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(Refused), Client("http://127.0.0.1:1", patience_s=0) as client:
        raise Refused(404, "not-found", client.connections.address.url)
