"""A function over many arguments: futures in order, their results as they are asked for."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from . import progress
from .chunks import run_chunk
from .errors import ClientError
from .futures import TaskFuture

if TYPE_CHECKING:
    from .executor import Executor

T = TypeVar("T")


def mapped(
    pool: "Executor",
    fn: Callable[..., T],
    iterables: Sequence[Iterable[Any]],
    timeout: float | None,
    chunksize: int,
    *,
    shows: bool | None,
) -> Iterator[T]:
    """Submit all calls now; return the iterator of their results, in order."""
    if chunksize < 1:
        raise ValueError("chunksize must be >= 1")
    deadline = None if timeout is None else time.monotonic() + timeout
    calls = zip(*iterables, strict=False)
    if chunksize == 1:
        return _results([pool.submit(fn, *args) for args in calls], deadline, shows=shows)
    together: Callable[..., list[T]] = partial(run_chunk, fn)
    chunks = [pool.submit(together, chunk) for chunk in _batched(calls, chunksize)]
    lists: Iterator[list[T]] = _results(chunks, deadline, shows=shows)
    return chain.from_iterable(lists)


def _results(
    futures: list[TaskFuture[T]], deadline: float | None, *, shows: bool | None
) -> Generator[T]:
    """Yield results and let go of the futures; at the end, cancel those that are left."""
    futures.reverse()
    try:
        with progress.bar(futures, shows=shows):
            while futures:
                left_s = None if deadline is None else deadline - time.monotonic()
                # popped first: neither this list nor this frame keeps what was yielded
                yield _result_or_cancel(futures.pop(), left_s)
    finally:
        _cancel(futures)


def _result_or_cancel(future: TaskFuture[T], left_s: float | None) -> T:
    try:
        return future.result(left_s)
    except TimeoutError:
        _cancel([future])
        raise
    finally:
        del future  # an error that is raised here would keep it


def _cancel(futures: Sequence[TaskFuture[Any]]) -> None:
    """Cancel what nobody will ask for; where the service is away, it runs to its end."""
    for future in futures:
        try:
            future.cancel()
        except ClientError:  # whatever ended the iteration is the better error
            return


def _batched(calls: Iterator[T], size: int) -> Iterator[tuple[T, ...]]:
    while chunk := tuple(islice(calls, size)):
        yield chunk
