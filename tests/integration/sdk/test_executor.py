"""What the standard library's own tests ask of every executor, asked of gofer's.

They follow ``test_concurrent_futures`` of CPython 3.11 (ExecutorTest, WaitTests, AsCompletedTests):
what they ask about threads, processes and worker counts of a pool has no meaning here.
"""

import concurrent.futures as cf
import gc
import threading
import time
import weakref
from typing import Any

import pytest

from gofer import Executor, Unreachable
from gofer.testing import RunningSystem, raised, returned
from tests.support.ports import free_port
from tests.support.waiting import wait_until


class Dummy:
    """Something that a weak reference can point at."""

    def method(self) -> None:
        """Do nothing."""


def capture(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def make_dummy(_: int) -> Dummy:
    return Dummy()


# ---------------------------------------------------------------- ExecutorTest


def test_a_call_that_is_submitted_gives_its_result(pool: Executor) -> None:
    assert pool.submit(pow, 2, 8).result(30) == 256


def test_keywords_may_have_any_name(pool: Executor) -> None:
    assert pool.submit(capture, 1, self=2, fn=3).result(30) == ((1,), {"self": 2, "fn": 3})


def test_the_function_itself_is_no_keyword(pool: Executor) -> None:
    submit: Any = pool.submit
    with pytest.raises(TypeError):
        submit(fn=capture, arg=1)
    with pytest.raises(TypeError):
        submit(arg=1)


@pytest.mark.parametrize("chunksize", [1, 3, 20])
def test_map_gives_results_in_order(pool: Executor, chunksize: int) -> None:
    found = pool.map(pow, range(10), range(10), chunksize=chunksize)
    assert list(found) == list(map(pow, range(10), range(10)))


def test_map_takes_no_chunks_of_nothing(pool: Executor) -> None:
    with pytest.raises(ValueError, match="chunksize"):
        pool.map(abs, range(3), chunksize=0)


def test_map_over_nothing_is_nothing(pool: Executor) -> None:
    assert list(pool.map(abs, [])) == []


def test_map_raises_where_a_call_did(pool: Executor) -> None:
    found = pool.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5])
    assert next(found) == (0, 1)
    assert next(found) == (0, 1)
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_arguments_are_not_kept(pool: Executor) -> None:
    thing = Dummy()
    gone = threading.Event()
    kept = weakref.ref(thing, lambda _: gone.set())
    future = pool.submit(thing.method)
    del thing
    future.result(30)
    del future
    wait_until(lambda: gc.collect() >= 0 and gone.is_set(), "the object is let go", 10)
    assert kept() is None


def test_map_does_not_keep_what_it_has_given(pool: Executor) -> None:
    for thing in pool.map(make_dummy, range(5)):
        kept = weakref.ref(thing)
        del thing
        wait_until(lambda kept=kept: gc.collect() >= 0 and kept() is None, "it is let go", 10)  # type: ignore[misc]


def test_callbacks_run_once_each_with_the_future(pool: Executor) -> None:
    called: list[cf.Future[int]] = []
    future = pool.submit(abs, -3)
    future.add_done_callback(called.append)
    future.result(30)
    future.add_done_callback(called.append)
    wait_until(lambda: len(called) == 2, "both callbacks ran")
    assert called == [future, future]


def test_a_callback_may_submit_and_cancel(pool: Executor) -> None:
    following: list[cf.Future[int]] = []
    first = pool.submit(abs, -1)
    first.add_done_callback(lambda done: following.append(pool.submit(abs, -1 - done.result())))
    wait_until(lambda: following, "the callback ran")
    assert following[0].result(30) == 2


def test_many_threads_may_submit_at_once(pool: Executor) -> None:
    futures: list[cf.Future[int]] = []
    threads = [
        threading.Thread(target=lambda: futures.extend(pool.submit(abs, -n) for n in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(future.result(30) for future in futures) == sorted([*range(50)] * 4)


# ---------------------------------------------------------------- WaitTests


def test_wait_returns_with_the_first_that_ends(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        first, second = pool.submit(abs, -1), pool.submit(abs, -2)
        threading.Timer(0.05, lambda: holding.finish(first.task_id, returned(1))).start()
        done, rest = cf.wait([first, second], timeout=30, return_when=cf.FIRST_COMPLETED)
        assert (done, rest) == ({first}, {second})
        holding.finish(second.task_id, returned(2))


def test_wait_returns_with_the_first_that_raises(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        futures = [pool.submit(abs, -n) for n in range(3)]
        holding.finish(futures[0].task_id, returned(1))
        holding.finish(futures[1].task_id, raised(ValueError("no")))
        done, rest = cf.wait(futures, timeout=30, return_when=cf.FIRST_EXCEPTION)
        assert (futures[1] in done, rest) == (True, {futures[2]})
        holding.finish(futures[2].task_id, returned(3))


def test_wait_for_all_counts_those_that_were_cancelled_or_have_raised(pool: Executor) -> None:
    raises: cf.Future[Any] = pool.submit(divmod, 2, 0)
    ends: cf.Future[Any] = pool.submit(abs, -21)
    done, rest = cf.wait([raises, ends], timeout=30, return_when=cf.ALL_COMPLETED)
    assert (done, rest) == ({raises, ends}, set())


def test_wait_gives_up_in_time(holding: RunningSystem) -> None:
    with Executor(holding.url) as pool:
        futures = [pool.submit(abs, -n) for n in range(2)]
        holding.finish(futures[0].task_id, returned(0))
        futures[0].result(30)
        done, rest = cf.wait(futures, timeout=0.05)
        assert (done, rest) == ({futures[0]}, {futures[1]})
        holding.finish(futures[1].task_id, returned(1))


# ---------------------------------------------------------------- AsCompletedTests


def test_as_completed_gives_each_future_once(pool: Executor) -> None:
    futures = [pool.submit(abs, -n) for n in range(20)]
    assert set(cf.as_completed([*futures, futures[0]], timeout=30)) == set(futures)


def test_as_completed_gives_up_in_time_and_says_how_many_are_missing(
    holding: RunningSystem,
) -> None:
    with Executor(holding.url) as pool:
        futures = [pool.submit(abs, -n) for n in range(3)]
        with pytest.raises(TimeoutError, match=r"3 \(of 3\) futures unfinished"):
            list(cf.as_completed(futures, timeout=0))
        for future in futures:
            holding.finish(future.task_id, returned(0))


def test_as_completed_gives_what_has_ended_before(pool: Executor) -> None:
    future = pool.submit(abs, -1)
    future.result(30)
    started = time.monotonic()
    assert list(cf.as_completed([future], timeout=0)) == [future]
    assert time.monotonic() - started < 5


def test_a_wrong_url_is_told_and_then_given_up_long_before_the_patience_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gofer.entrypoints.sdk.silence.WARN_S", 0.05)
    monkeypatch.setattr("gofer.entrypoints.sdk.silence.FIRST_S", 0.2)
    with Executor(f"http://127.0.0.1:{free_port()}") as pool:
        assert isinstance(pool.submit(abs, -1).exception(30), Unreachable)
    assert "nobody has answered at" in caplog.text
