"""The guards, spoken to in plain ASGI: size, time, memory, and what the app gets to see."""

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gofer.entrypoints.rest import guards
from gofer.entrypoints.rest.guards import WHOLE, BodyGuard, Bounds, TrailingSlash

LIMIT = 100
ROOMY = Bounds(body_bytes=LIMIT, buffer_bytes=1000, read_timeout_s=30)


class Exchange:
    """A client that sends ``chunks`` and then hangs up, or waits; and an app behind the guard."""

    def __init__(
        self,
        chunks: Sequence[bytes],
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        complete: bool = True,
        stalls: bool = False,
        whole: bool = False,
    ) -> None:
        self.scope: Scope = {"type": "http", "path": "/", "headers": list(headers)}
        if whole:
            self.scope[WHOLE] = True
        self.seen: list[bytes] = []
        self.sent: list[Message] = []
        self.taken = 0
        self.running = asyncio.Event()
        self.finish = asyncio.Event()
        self.finish.set()
        self._stalls = stalls
        last = len(chunks) - 1
        self._messages: list[Message] = [
            {"type": "http.request", "body": chunk, "more_body": number < last or not complete}
            for number, chunk in enumerate(chunks)
        ]

    async def app(self, _scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        assert message["more_body"] is False
        self.seen.append(message["body"])
        self.running.set()
        await self.finish.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def receive(self) -> Message:
        if self.taken < len(self._messages):
            self.taken += 1
            return self._messages[self.taken - 1]
        if self._stalls:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def through(self, guard: ASGIApp) -> int | None:
        """Have the exchange; return the status of the answer."""
        await guard(self.scope, self.receive, self.send)
        return self.status

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    @property
    def detail(self) -> str:
        body = b"".join(message.get("body", b"") for message in self.sent)
        return str(json.loads(body)["detail"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


def pieces(size: int, cuts: Sequence[int]) -> list[bytes]:
    """Return a body of ``size`` bytes, cut at some places."""
    places = sorted({0, size, *(cut % (size + 1) for cut in cuts)})
    return [b"x" * (end - start) for start, end in pairwise(places)] or [b""]


async def through_guard(exchange: Exchange, bounds: Bounds = ROOMY) -> int | None:
    return await exchange.through(BodyGuard(exchange.app, bounds))


# ---------------------------------------------------------------- size


@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413)])
@given(cuts=st.lists(st.integers(0, 1000), max_size=5))
async def test_a_body_without_a_length_is_counted_as_it_arrives(
    size: int, status: int, cuts: list[int]
) -> None:
    exchange = Exchange(pieces(size, cuts))
    assert await through_guard(exchange) == status
    assert exchange.seen == ([b"x" * size] if status == 200 else [])


@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413)])
async def test_a_body_with_a_length_is_judged_by_it(size: int, status: int) -> None:
    length = (b"content-length", str(size).encode())
    assert await through_guard(Exchange([b"x" * size], headers=[length])) == status


async def test_a_length_that_promises_less_than_arrives_does_not_help() -> None:
    exchange = Exchange([b"x" * 60] * 2, headers=[(b"content-length", b"10")])
    assert await through_guard(exchange) == 413


@pytest.mark.parametrize(("size", "status"), [(0, 200), (LIMIT, 200), (LIMIT + 1, 413)])
async def test_a_body_that_is_there_already_is_held_to_the_same_size(
    size: int, status: int
) -> None:
    exchange = Exchange([b"x" * size], whole=True)
    assert await through_guard(exchange) == status
    assert exchange.seen == ([b"x" * size] if status == 200 else [])


@pytest.mark.parametrize("length", [b"101", b"9" * 5000])
async def test_a_length_over_the_limit_is_refused_before_the_body_is_asked_for(
    length: bytes,
) -> None:
    headers = [(b"content-length", length), (b"expect", b"100-continue")]
    exchange = Exchange([b"x" * 101], headers=headers)
    assert await through_guard(exchange) == 413
    assert exchange.taken == 0


async def test_the_rest_of_a_refused_body_is_dropped_so_that_the_client_reads_the_answer() -> None:
    exchange = Exchange([b"x" * 60] * 9)
    assert await through_guard(exchange) == 413
    assert exchange.taken == 9
    assert exchange.headers[b"connection"] == b"close"
    assert str(LIMIT) in exchange.detail


async def test_a_client_that_goes_on_sending_for_ever_is_left_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guards, "LINGER_S", 0.01)
    exchange = Exchange([b"x" * 101], complete=False, stalls=True)
    assert await through_guard(exchange) == 413
    assert exchange.sent[-1] == {"type": "http.response.body", "body": b""}


@pytest.mark.parametrize("length", [b"", b"-5", b"many", b"\xb2"])
async def test_a_length_that_is_no_number_is_passed_over(length: bytes) -> None:
    assert await through_guard(Exchange([b"x"], headers=[(b"content-length", length)])) == 200


# ---------------------------------------------------------------- time and memory


async def test_a_body_that_stops_arriving_is_408() -> None:
    bounds = Bounds(body_bytes=LIMIT, buffer_bytes=1000, read_timeout_s=0.02)
    exchange = Exchange([b"x"], complete=False, stalls=True)
    assert await through_guard(exchange, bounds) == 408
    assert "0.02 s" in exchange.detail
    assert exchange.seen == []


async def test_a_client_that_hangs_up_is_not_answered() -> None:
    exchange = Exchange([b"x"], complete=False)
    assert await through_guard(exchange) is None
    assert exchange.seen == []


@pytest.mark.parametrize("whole", [False, True])
async def test_bodies_over_the_budget_for_all_are_503_until_there_is_room(*, whole: bool) -> None:
    first, second, third = (Exchange([b"x" * 60], whole=whole) for _ in range(3))
    guard = BodyGuard(first.app, Bounds(body_bytes=LIMIT, buffer_bytes=100, read_timeout_s=30))
    first.finish.clear()
    running = asyncio.create_task(first.through(guard))
    await first.running.wait()
    assert await second.through(guard) == 503
    assert second.headers[b"retry-after"] == b"1"
    first.finish.set()
    assert await running == 200
    assert await third.through(guard) == 200


async def test_room_is_given_back_when_the_app_breaks() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    guard = BodyGuard(broken, Bounds(body_bytes=LIMIT, buffer_bytes=100, read_timeout_s=30))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await Exchange([b"x" * 60]).through(guard)


# ---------------------------------------------------------------- what the app sees


async def test_the_app_hears_of_a_client_that_hangs_up_after_the_body() -> None:
    heard: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.extend([await receive(), await receive()])

    await Exchange([b"a", b"b"]).through(BodyGuard(app, ROOMY))
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]
    assert heard[0]["body"] == b"ab"


async def test_what_is_no_request_passes_untouched() -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        scopes.append(scope)

    exchange = Exchange([])
    exchange.scope = {"type": "lifespan"}
    await exchange.through(TrailingSlash(BodyGuard(app, ROOMY)))
    assert scopes == [{"type": "lifespan"}]


@pytest.mark.parametrize(
    ("path", "seen"), [("/", "/"), ("/a", "/a"), ("/a/", "/a"), ("/a/b/", "/a/b"), ("/a//", "/a/")]
)
async def test_one_trailing_slash_is_taken_away(path: str, seen: str) -> None:
    paths: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        paths.append(scope["path"])

    exchange = Exchange([])
    exchange.scope["path"] = path
    await exchange.through(TrailingSlash(app))
    assert paths == [seen]
    assert exchange.scope["path"] == path
