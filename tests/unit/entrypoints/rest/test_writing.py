"""What goes out in one write, and what does not."""

import asyncio

import pytest

from gofer.entrypoints.rest.writing import LONGEST_JOINED_BYTES, HeadsWait

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport that notes what is written; and its end."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[object] = []

    def write(self, data: object) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.written.append("closed")

    def abort(self) -> None:
        self.written.append("aborted")

    def is_closing(self) -> bool:
        return bool(self.written) and self.written[-1] in {"closed", "aborted"}


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def transport(wire: Wire) -> HeadsWait:
    return HeadsWait(wire, asyncio.get_running_loop())


async def test_head_and_body_are_one_write(transport: HeadsWait, wire: Wire) -> None:
    for _ in range(2):
        transport.write(HEAD)
        transport.write(b"body")
    await asyncio.sleep(0)
    assert wire.written == [HEAD + b"body"] * 2


async def test_a_head_without_a_body_goes_out_in_the_same_turn(
    transport: HeadsWait, wire: Wire
) -> None:
    transport.write(HEAD)
    await asyncio.sleep(0)
    transport.write(b"late")
    assert wire.written == [HEAD, b"late"]


async def test_an_empty_body_ends_the_wait(transport: HeadsWait, wire: Wire) -> None:
    transport.write(HEAD)
    transport.write(b"")
    assert wire.written == [HEAD]


async def test_a_long_body_is_not_copied(transport: HeadsWait, wire: Wire) -> None:
    body = bytes(LONGEST_JOINED_BYTES + 1)
    transport.write(HEAD)
    transport.write(body)
    assert wire.written == [HEAD, body]
    assert wire.written[1] is body


async def test_a_body_that_looks_like_a_head_follows_its_own_head(
    transport: HeadsWait, wire: Wire
) -> None:
    transport.write(HEAD)
    transport.write(HEAD)
    assert wire.written == [HEAD + HEAD]


async def test_closing_writes_what_is_kept_first(transport: HeadsWait, wire: Wire) -> None:
    transport.write(HEAD)
    transport.close()
    await asyncio.sleep(0)
    assert wire.written == [HEAD, "closed"]
    assert transport.is_closing()


async def test_aborting_forgets_what_is_kept(transport: HeadsWait, wire: Wire) -> None:
    transport.write(HEAD)
    transport.abort()
    await asyncio.sleep(0)
    assert wire.written == ["aborted"]
