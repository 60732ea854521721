"""How an executor ends: by shutdown, by nobody holding it, with the interpreter, in a fork.

After ``ExecutorShutdownTest`` of CPython's ``test_concurrent_futures``.
"""

import asyncio
import gc
import multiprocessing
import subprocess
import sys
import textwrap
import threading
import weakref
from concurrent import futures as cf
from typing import Any

import pytest

from gofer import Executor
from gofer.entrypoints.sdk import engine
from gofer.entrypoints.sdk.address import Answer
from gofer.entrypoints.sdk.aio_connection import AsyncConnections
from gofer.entrypoints.sdk.futures import TaskFuture
from gofer.testing import RunningSystem, returned
from tests.support.ports import free_port
from tests.support.waiting import wait_until


def script(url: str, text: str) -> str:
    """Run a script that has ``pool``, an executor; return what it printed on stdout.

    Nothing may come on stderr: an executor's end is no reason for a traceback.
    """
    begin = "import atexit, gc, os, sys, time\nimport gofer\npool = gofer.Executor(sys.argv[1])\n"
    code = begin + textwrap.dedent(text)
    command = [sys.executable, "-P", "-c", code, url]
    ended = subprocess.run(command, check=False, timeout=50, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_nothing_is_taken_after_shutdown(system: RunningSystem) -> None:
    pool = Executor(system.url)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        pool.submit(pow, 2, 5)


def test_shutdown_waits_for_all_that_was_submitted(system: RunningSystem) -> None:
    pool = Executor(system.url)
    futures = [pool.submit(abs, -n) for n in range(50)]
    pool.shutdown()
    assert [future.done() for future in futures] == [True] * 50
    assert [future.result() for future in futures] == list(range(50))


def test_shutdown_without_waiting_still_brings_the_results(holding: RunningSystem) -> None:
    pool = Executor(holding.url)
    future = pool.submit(abs, -1)
    pool.shutdown(wait=False)
    assert not future.done()
    holding.finish(future.task_id, returned(1))
    assert future.result(30) == 1


def test_shutdown_may_be_repeated_and_comes_before_anything_was_submitted() -> None:
    pool = Executor("http://127.0.0.1:1")
    pool.shutdown()
    pool.shutdown(wait=False)
    assert threading.active_count() >= 1


def test_a_map_is_complete_at_the_end_of_the_block(system: RunningSystem) -> None:
    with Executor(system.url) as pool:
        found = pool.map(abs, range(-5, 5))
    assert list(found) == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]


def test_an_executor_that_nobody_holds_ends_its_thread_once_all_has_ended(
    holding: RunningSystem,
) -> None:
    pool = Executor(holding.url)
    gone = weakref.ref(pool)
    future = pool.submit(abs, -1)
    task_id = future.task_id
    name = next(t.name for t in threading.enumerate() if t.name.startswith("gofer-executor"))
    del pool
    gc.collect()
    assert gone() is None
    holding.finish(task_id, returned(1))
    assert future.result(30) == 1
    wait_until(lambda: name not in [t.name for t in threading.enumerate()], "the thread ends")


def test_the_interpreter_takes_to_its_end_what_was_submitted(system: RunningSystem) -> None:
    said = script(
        system.url,
        """
        pool.submit(abs, -7).add_done_callback(lambda future: print(future.result()))
        """,
    )
    assert said == "7\n"


def test_nothing_is_taken_while_the_interpreter_ends(system: RunningSystem) -> None:
    said = script(
        system.url,
        """
        @atexit.register
        def at_exit():
            try:
                pool.submit(abs, -1)
            except RuntimeError as error:
                print(error)
        print(pool.submit(abs, -2).result())
        """,
    )
    assert said == "2\ncannot schedule new futures after interpreter shutdown\n"


def test_a_fork_goes_on_with_an_executor_of_its_own(system: RunningSystem) -> None:
    said = script(
        system.url,
        """
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: there are threads
        first = pool.submit(abs, -1)
        print(first.result(), flush=True)
        child = os.fork()
        if not child:
            print(pool.submit(abs, -2).result(), flush=True)
            pool.shutdown()
            os._exit(0)
        os.waitpid(child, 0)
        print(pool.submit(abs, -3).result())
        """,
    )
    assert said == "1\n2\n3\n"


def test_a_fork_that_ends_normally_leaves_what_its_parent_submitted(
    holding: RunningSystem,
) -> None:
    pool = Executor(holding.url)
    future = pool.submit(abs, -1)
    assert future.task_id
    context = multiprocessing.get_context("fork")
    child = context.Process(target=pool.shutdown)
    child.start()
    child.join(30)
    assert child.exitcode == 0
    holding.finish(future.task_id, returned(1))
    assert future.result(30) == 1
    pool.shutdown()


def test_shutdown_cancels_what_could_not_be_sent_and_waits_for_nobody() -> None:
    pool = Executor(f"http://127.0.0.1:{free_port()}", patience_s=60)
    futures = [pool.submit(abs, -n) for n in range(3)]
    waited = threading.Thread(target=cf.wait, args=(futures,))  # who waits for them is told
    waited.start()
    pool.shutdown(cancel_futures=True)
    waited.join(10)
    assert [future.cancelled() for future in futures] == [True] * 3
    assert not waited.is_alive()


def test_shutdown_cancels_what_was_on_its_way_to_the_service(
    holding: RunningSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Executor(holding.url)
    begun = [pool.submit(abs, -1) for _ in range(4)]  # as many as there are slots
    for future in begun:
        wait_until(future.running, "a worker has begun each")
    on_its_way, dropped = threading.Event(), threading.Event()
    ask = AsyncConnections.ask

    async def held_up(self: AsyncConnections, method: str, path: str, *more: Any) -> Answer:
        if path == "/v1/batches":
            on_its_way.set()
            await asyncio.to_thread(dropped.wait, 30)
        return await ask(self, method, path, *more)

    monkeypatch.setattr(AsyncConnections, "ask", held_up)
    sent = pool.submit(abs, -2)
    assert on_its_way.wait(30)
    unsent = pool.submit(abs, -3)
    unsent.add_done_callback(lambda _: dropped.set())  # before what is sent is waited for
    pool.shutdown(wait=False, cancel_futures=True)
    cf.wait([sent], 30)
    assert [sent.cancelled(), unsent.cancelled()] == [True, True]
    for future in begun:
        holding.finish(future.task_id, returned(1))
        assert future.result(30) == 1


def test_shutdown_waits_for_the_first_to_begin_and_for_no_later_one(
    holding: RunningSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Executor(holding.url)
    futures = [pool.submit(abs, -n) for n in range(9)]
    for future in futures:
        assert future.task_id
    asked: list[TaskFuture[int]] = []

    def still_queued(future: TaskFuture[int]) -> str:
        if not asked:
            future.cancel()  # it ends, and nobody has seen it run
        asked.append(future)
        return "QUEUED"

    monkeypatch.setattr(TaskFuture, "status", still_queued)
    monkeypatch.setattr(engine, "BEGIN_S", 20.0)
    pool.shutdown(wait=False, cancel_futures=True)
    assert set(asked) == {futures[0]}
    waiting = futures[5:]  # there are four slots, and one task has ended
    cf.wait(waiting, 30)
    assert [future.cancelled() for future in waiting] == [True] * 4
    for future in futures:
        future.cancel()
