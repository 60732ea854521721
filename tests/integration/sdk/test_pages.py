"""Pages of results over real sockets: used while they arrive, and taken up where they broke off."""

import socket
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import msgspec
import pytest

from gofer.entrypoints.sdk.address import MSGPACK, Address
from gofer.entrypoints.sdk.aio_connection import AsyncConnections
from gofer.entrypoints.sdk.aio_handles import AsyncBatch
from gofer.entrypoints.sdk.batches import Batch
from gofer.entrypoints.sdk.connection import Connections
from gofer.entrypoints.sdk.errors import RemoteError, Unreachable
from gofer.entrypoints.sdk.pages import Incoming
from gofer.entrypoints.sdk.wire import Error, Item, Page, Problem
from tests.support.raw_http import read_until

MIB = 1024 * 1024
Answer = Callable[[socket.socket], None]


def item(position: int, size: int = MIB) -> Item:
    return Item(f"task {position}", "COMPLETED", position, bytes([position]) * size)


def body(items: Sequence[Item], cursor: str = "9", *, done: bool = True) -> bytes:
    """Return a page as services write them, with a field that this client does not know."""
    page = {"items": items, "next_cursor": cursor, "later": {"more": [1]}, "done": done}
    return msgspec.msgpack.encode(page)


def head(length: int, more: str = "") -> bytes:
    told = f"HTTP/1.1 200 OK\r\ncontent-type: {MSGPACK}\r\n{more}"
    return f"{told}content-length: {length}\r\n\r\n".encode()


def whole(page: bytes) -> Answer:
    return lambda opened: opened.sendall(head(len(page)) + page)


def cut(page: bytes, sent: int) -> Answer:
    """Answer with the beginning of a page, and hang up."""

    def answer(opened: socket.socket) -> None:
        opened.sendall(head(len(page)) + page[:sent])
        opened.shutdown(socket.SHUT_RDWR)

    return answer


@contextmanager
def answering(*answers: Answer) -> Generator[tuple[Connections, list[bytes]]]:
    """Give connections to a server that answers so, one request after the other, and what it was
    asked.
    """
    asked: list[bytes] = []

    def serve() -> None:
        left = list(answers)
        while left:
            opened, _ = listener.accept()
            with opened:
                opened.settimeout(20)
                while left and (first := opened.recv(1)):
                    asked.append((first + read_until(opened, b"\r\n\r\n")).split(b" ")[1])
                    left.pop(0)(opened)
                    if opened.fileno() < 0 or broken(opened):
                        break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        connections = Connections(Address.of(url), patience_s=0.2)
        try:
            yield connections, asked
        finally:
            connections.close()
            thread.join(20)


def broken(opened: socket.socket) -> bool:
    try:
        opened.getpeername()
    except OSError:
        return True
    return False


def test_an_item_is_given_while_the_rest_of_its_page_is_still_to_come() -> None:
    page, used = body([item(1), item(2), item(3)]), threading.Event()

    def answer(opened: socket.socket) -> None:
        half = len(page) // 2
        opened.sendall(head(len(page)) + page[:half])
        assert used.wait(20)
        opened.sendall(page[half:])

    with answering(answer, whole(body([]))) as (connections, asked):
        incoming = Incoming(connections, "/page", 0.0)
        items = iter(incoming)
        first = next(items)
        used.set()
        rest = list(items)
        assert list(Incoming(connections, "/next", 0.0)) == []
    assert [first, *rest] == [item(1), item(2), item(3)]
    assert (incoming.count, incoming.end) == (3, Page([], "9", done=True))
    assert asked == [b"/page", b"/next"]


@pytest.mark.parametrize("count", [1, 15, 16])
def test_a_page_in_parts_is_the_page(count: int) -> None:
    gone = Item("gone", "FORGOTTEN", 40)
    failed = Item("failed", "FAILED", 41, error=Error("E", "m", exception=b"e" * MIB))
    items = [*(item(at, MIB // 4 + at) for at in range(1, count + 1)), gone, failed]
    with answering(whole(body(items))) as (connections, _):
        assert list(Incoming(connections, "/page", 0.0)) == items


@pytest.mark.parametrize("sent", [3, 60, MIB + 200, 3 * MIB], ids=["none", "head", "one", "most"])
def test_a_page_that_broke_off_is_asked_for_again_and_each_item_given_once(sent: int) -> None:
    page = body([item(1), item(2), item(3)])
    with answering(cut(page, sent), whole(page)) as (connections, asked):
        assert list(Incoming(connections, "/page", 0.0)) == [item(1), item(2), item(3)]
    assert asked == [b"/page"] * 2


def test_after_a_break_a_page_may_be_another_than_before() -> None:
    page = body([item(1), item(2)])
    later = body([item(1, 9), item(2, 9), item(3, 9)])
    with answering(cut(page, MIB + 200), whole(later)) as (connections, _):
        incoming = Incoming(connections, "/page", 0.0)
        assert list(incoming) == [item(1), item(2, 9), item(3, 9)]
        assert incoming.count == 3


def test_a_page_that_breaks_off_again_and_again_ends_in_an_error() -> None:
    with answering(*[cut(body([item(1)]), 60)] * 3) as (connections, asked):
        connections.patience_s = 0.01
        with pytest.raises(Unreachable):
            list(Incoming(connections, "/page", 0.0))
    assert asked == [b"/page"] * 3


def test_whoever_leaves_in_the_middle_of_a_page_leaves_nothing_for_the_next_request() -> None:
    page = body([item(1), item(2)])

    def begun(opened: socket.socket) -> None:
        opened.sendall(head(len(page)) + page[: MIB + 200])
        assert opened.recv(1) == b""
        opened.close()

    with answering(begun, whole(body([item(3)]))) as (connections, _):
        items = Incoming(connections, "/page", 0.0).__iter__()
        assert next(items) == item(1)
        del items
        assert list(Incoming(connections, "/next", 0.0)) == [item(3)]


def cursors(asked: Sequence[bytes]) -> list[bytes]:
    """Return from where on was asked."""
    return [path.partition(b"cursor=")[2].partition(b"&")[0] for path in asked]


def test_what_the_store_had_lost_is_read_again_and_given_once() -> None:
    pages = [
        body([item(1, 9), item(2, 9)], "2-a", done=False),
        body([], "0", done=False),
        body([item(2, 9), item(3, 9)], "2-b", done=False),
        body([item(1, 9)], "3-c"),
    ]
    with answering(*map(whole, pages)) as (connections, asked):
        batch = Batch("b", ("task 1", "task 2", "task 3"), {}, connections)
        assert [result.position for result in batch.results()] == [1, 2, 3]
    assert cursors(asked) == [b"0", b"2-a", b"0", b"2-b"]


async def test_it_is_given_once_to_those_who_await_it_and_what_is_missing_is_told() -> None:
    pages = [
        body([item(1, 9), item(2, 9)], "2-a", done=False),
        body([], "0", done=False),
        body([item(2, 9), item(4, 9), item(1, 9)], "3-b"),
    ]
    with answering(*map(whole, pages)) as (connections, asked):
        awaited = AsyncConnections(connections.address, patience_s=0.2)
        batch = AsyncBatch("b", ("task 1", "task 2", "task 3", "task 4"), {}, awaited)
        results = batch.results()
        assert [(await anext(results)).position for _ in range(3)] == [1, 2, 4]
        with pytest.raises(RemoteError, match="does not know 1 of 4 tasks any more"):
            await anext(results)
        awaited.close()
    assert cursors(asked) == [b"0", b"2-a", b"0"]


def test_what_was_tried_again_is_given_again() -> None:
    pages = [body([item(1, 9)], "1-a", done=False), body([item(2, 9), item(1, 9)], "4-b")]
    with answering(*map(whole, pages)) as (connections, _):
        batch = Batch("b", ("task 1", "task 2"), {}, connections)
        assert [result.position for result in batch.results()] == [1, 2, 1]


def test_tasks_that_the_store_has_lost_end_in_an_error_that_says_so() -> None:
    with answering(whole(body([item(2, 9)], "1-a"))) as (connections, _):
        batch = Batch("b", ("task 1", "task 2", None, "task 4"), {3: Problem()}, connections)
        results = batch.results()
        assert next(results).position == 2
        with pytest.raises(RemoteError, match="does not know 2 of 3 tasks any more"):
            next(results)


def test_results_go_on_at_the_next_page() -> None:
    first, second = body([item(1), item(2)], "2", done=False), body([item(3)], "3")
    with answering(whole(first), whole(second)) as (connections, asked):
        batch = Batch("b", ("task 1", "task 2", "task 3"), {}, connections)
        assert [result.position for result in batch.results()] == [1, 2, 3]
    assert cursors(asked) == [b"0", b"2"]
