"""What a user writes, with the types that mypy and pyright must both find: `make lint` runs them.

``assert_type`` fails the check where a signature was lost; the ignored lines are mistakes that a
checker must find, and unused ignores are errors, so that each of them is one.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import assert_type

from gofer import (
    AsyncClient,
    AsyncFunction,
    AsyncTask,
    Client,
    Executor,
    RemoteFunction,
    Task,
    TaskFuture,
)

client = Client()


@client.function
def plain(number: int, *, name: str = "") -> str:
    """Be decorated without options."""
    return f"{number}{name}"


@client.function(timeout=60, retries=3, tags=["a"], backoff={"initial_s": 1.0})
def resize(path: str) -> bytes:
    """Be decorated with options."""
    return path.encode()


def run_nothing() -> None:
    """Say what the types are; never called."""
    assert_type(plain(1, name="a"), str)
    assert_type(plain.remote(1, name="a"), str)
    assert_type(plain.spawn(1), Task[str])
    assert_type(plain.spawn(1).result(timeout=5), str)
    assert_type(plain.map(range(3)), Iterator[str])
    kept: RemoteFunction[[str], bytes] = resize
    assert_type(kept.remote("a"), bytes)
    assert_type(resize.options(priority=0).remote("a"), bytes)
    plain("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    plain.remote(1, nam="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    resize.spawn(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.function(timeout="60")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


async def await_nothing(aio: AsyncClient) -> None:
    """Say what the types of the client for event loops are; never called."""

    @aio.function
    def double(number: int, *, name: str = "") -> str:
        return f"{2 * number}{name}"

    @aio.function(timeout=60, retries=3)
    def length(text: str) -> int:
        return len(text)

    assert_type(double(1, name="a"), str)
    assert_type(await double.remote(1, name="a"), str)
    assert_type(await double.spawn(1), AsyncTask[str])
    assert_type(await (await double.spawn(1)).result(timeout=5), str)
    assert_type(double.map(range(3)), AsyncIterator[str])
    kept: AsyncFunction[[str], int] = length
    assert_type(await kept.remote("a"), int)
    assert_type(await length.options(priority=0).remote("a"), int)
    double("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await double.remote(1, nam="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await length.spawn(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    aio.function(timeout="60")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def pass_on_nothing() -> None:
    """Say that a decorated function is one where a plain one is wanted; never called."""
    plainly: Callable[[str], bytes] = resize
    assert_type(plainly("a"), bytes)
    assert_type(list(map(resize, ["a"])), list[bytes])


def submit_nothing(pool: Executor) -> None:
    """Say what the types of an executor are; never called."""
    future: Future[str] = pool.submit(str, 3)
    assert_type(future.result(), str)
    assert_type(pool.submit(len, "abc").task_id, str)
    assert_type(pool.submit(resize, "a"), TaskFuture[bytes])
    assert_type(list(pool.map(plain, range(3))), list[str])
    pool.submit(len, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
