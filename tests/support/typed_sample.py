"""What a user writes, with the types that mypy and pyright must both find: `make lint` runs them.

``assert_type`` fails the check where a signature was lost; the ignored lines are mistakes that a
checker must find, and unused ignores are errors, so that each of them is one.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import assert_type

from gofer import Client, Executor, RemoteFunction, Task

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


def submit_nothing(pool: Executor) -> None:
    """Say what the types of an executor are; never called."""
    future: Future[str] = pool.submit(str, 3)
    assert_type(future.result(), str)
    assert_type(pool.submit(len, "abc").task_id, str)
    assert_type(list(pool.map(plain, range(3))), list[str])
    pool.submit(len, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
