"""A ``concurrent.futures.Executor`` whose workers are any of your machines.

    with Executor("http://localhost:8000") as pool:
        future = pool.submit(pow, 2, 10)
        print(future.result(), future.task_id)
        print(sum(pool.map(abs, range(-1000, 0))))

Everything that takes an executor takes this one: ``as_completed``, ``wait``,
``loop.run_in_executor``. What is submitted travels in batches that gather by themselves.
"""

import atexit
import concurrent.futures
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ParamSpec, TypeVar, Unpack

from . import attaching, mapping, outcomes
from .address import Address
from .engine import Engine
from .futures import TaskFuture
from .options import TaskOptions, spoken
from .packing import Shelf

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_S = 300.0
"""How long the service may be away before the tasks in flight end with Unreachable.

One that was never there is given up sooner: see ``silence``.
"""

_engines: "weakref.WeakSet[Engine]" = weakref.WeakSet()


class Executor(concurrent.futures.Executor):
    """Runs calls on gofer's workers; any number of threads may use it at once.

    A process that was forked goes on with an executor of its own: what its parent has submitted is
    the parent's. One that nobody holds any more takes what was submitted to its end, as does the
    interpreter when it exits.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        patience_s: float = PATIENCE_S,
        **options: Unpack[TaskOptions],
    ) -> None:
        """Take the URL (or GOFER_URL, or this machine), the token (GOFER_TOKEN) and task options.

        The options hold for every task that is submitted here. Raises ValueError for a URL or a
        token that is none, TypeError for an option that is none; nothing is sent yet.
        """
        self._address = Address.of(url, token)
        self._said = spoken(options)
        self._patience_s = patience_s
        self._shelf = Shelf()
        self._closed = False
        self._engine = self._new_engine()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> TaskFuture[T]:
        """Have ``fn(*args, **kwargs)`` run by a worker; return the future of its result.

        What cannot be pickled ends the future with Unpicklable, as a pool of processes does; so
        does what the service refuses. Waits only while very much waits to be sent. Raises
        RuntimeError after ``shutdown``.
        """
        engine = self._current()
        try:
            parcel = self._shelf.parcel(plain(fn))
            payload = outcomes.dump_call(args, kwargs)
        except Exception as error:  # noqa: BLE001 - the future's, so that one bad item harms no other
            broken: TaskFuture[T] = TaskFuture(engine)
            broken.end(None, error)
            return broken
        future: TaskFuture[T] = TaskFuture(engine, parcel, payload)
        engine.submit(future, len(payload))
        return future

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        progress: bool | None = None,
    ) -> Iterator[T]:
        """Return the results of ``fn`` over ``iterables``, in their order.

        Tasks travel in batches whatever ``chunksize`` says; above 1 so many calls are one task,
        which pays for calls of far less than a millisecond. A bar shows how far it is where there
        is a terminal, unless ``progress`` says otherwise. What is left is cancelled when the
        iterator is closed or fails. Raises TimeoutError if a result is not there ``timeout``
        seconds after this call, and whatever a call raised.
        """
        return mapping.mapped(self, plain(fn), iterables, timeout, chunksize, shows=progress)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as in the standard library
        """Take no more tasks; wait until those that were submitted have ended, if ``wait``.

        With ``cancel_futures`` those that no worker has begun are cancelled, once the first has had
        half a second to reach a free worker. That raises Refused or Unreachable where the service
        could not be asked.
        """
        self._closed = True
        engine = self._engine
        if engine.process != os.getpid():
            return
        try:
            if cancel_futures:
                engine.cancel_waiting()
        finally:
            engine.finish()
        if wait:
            engine.join()

    def attach(self, task_id: str) -> TaskFuture[Any]:
        """Return the future of a task that was submitted elsewhere, or by an earlier process."""
        return attaching.to_task(self._current(), task_id)

    def attach_batch(self, batch_id: str) -> list[TaskFuture[Any]]:
        """Return the futures of a batch's tasks, in their order. Raises Refused, Unreachable."""
        return attaching.to_batch(self._current(), batch_id)

    def attach_tag(self, tag: str) -> list[TaskFuture[Any]]:
        """Return the futures of all tasks with a tag, oldest first. Raises Refused, Unreachable."""
        return attaching.to_tag(self._current(), tag)

    def _current(self) -> Engine:
        """Return the engine of this process; raise RuntimeError after shutdown."""
        if self._closed or _exiting:
            when = "interpreter shutdown" if _exiting else "shutdown"
            raise RuntimeError(f"cannot schedule new futures after {when}")
        if self._engine.process != os.getpid():
            self._shelf = Shelf()  # ids are good, but a lock may have been held in the parent
            self._engine = self._new_engine()
        return self._engine

    def _new_engine(self) -> Engine:
        engine = Engine(self._address, self._said, self._patience_s)
        _engines.add(engine)
        weakref.finalize(self, _let_go, engine).atexit = False
        return engine


def plain(fn: Callable[P, T]) -> Callable[P, T]:
    """Return the function that a decorated one stands for, which is what is sent."""
    return getattr(fn, "__gofer_function__", fn)


def _let_go(engine: Engine) -> None:
    if engine.process == os.getpid():
        engine.finish()


_exiting: list[bool] = []


def _at_exit() -> None:
    """Take what was submitted to its end before the interpreter goes, as all executors do."""
    _exiting.append(True)
    mine = [engine for engine in _engines if engine.process == os.getpid()]
    for engine in mine:
        engine.finish()
    for engine in mine:
        engine.join()


# as the standard library's own executors do: before daemon threads are stopped; where a Python has
# it no more, later, which is too late only for tasks that nobody waits for
getattr(threading, "_register_atexit", atexit.register)(_at_exit)
