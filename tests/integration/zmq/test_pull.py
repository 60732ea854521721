"""The pull link over real sockets on the loopback: the contract, and what only it must stand."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import zmq

from gofer.adapters.telemetry import CountingTelemetry
from gofer.adapters.zmq import pull
from gofer.adapters.zmq.batch import ASK, KEY_BYTES, REPORT, pack_reply, pack_request
from gofer.adapters.zmq.codec import encode
from gofer.adapters.zmq.offences import STRIKES
from gofer.adapters.zmq.pull import PullLink
from gofer.adapters.zmq.pull_uplink import PullUplink
from gofer.adapters.zmq.sockets import SocketOptions
from gofer.domain.errors import AddressUnusable, ProtocolViolation
from tests.contracts.link import LinkContract
from tests.contracts.link_net import DEADLINE_S, QUEUED, Net, heard
from tests.integration.zmq.raw import next_frames, raw_socket
from tests.support.messages import a_hello, a_report, some_orders
from tests.support.ports import free_port
from tests.support.waiting import wait_until_async

OPTIONS = SocketOptions(queued=QUEUED)
KEY = b"k" * KEY_BYTES
NOTHING = pack_reply([])


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    port = free_port()
    net = Net(
        lambda: PullLink(port, telemetry=CountingTelemetry(), options=OPTIONS),
        lambda: PullUplink(f"127.0.0.1:{port}", options=OPTIONS),
    )
    yield net
    await net.close()


class TestPullLink(LinkContract):
    """The contract over pull."""


@pytest.fixture
def telemetry() -> CountingTelemetry:
    return CountingTelemetry()


@pytest.fixture
async def link(telemetry: CountingTelemetry) -> AsyncIterator[PullLink]:
    link = PullLink(0, telemetry=telemetry, hold_s=0.1)
    yield link
    await link.close()


@pytest.fixture
async def uplink(link: PullLink) -> AsyncIterator[PullUplink]:
    uplink = PullUplink(link.endpoint)
    yield uplink
    await uplink.close()


async def test_a_plain_req_can_report_and_ask(link: PullLink) -> None:
    with raw_socket(zmq.REQ, link.endpoint) as raw:
        raw.send(pack_request(KEY, REPORT, [encode(a_hello()), encode(a_report())]))
        arrivals = await link.receive()
        assert [(a.peer, a.message) for a in arrivals] == [(KEY, a_hello()), (KEY, a_report())]
        assert await next_frames(raw) == [NOTHING]
        assert link.send(KEY, some_orders(1))
        assert link.send(KEY, some_orders(2))
        raw.send(pack_request(KEY, ASK, []))
        reading = asyncio.create_task(link.receive())
        assert await next_frames(raw) == [
            pack_reply([encode(some_orders(1)), encode(some_orders(2))])
        ]
        reading.cancel()


async def test_an_ask_with_nothing_to_get_is_answered_after_a_while(link: PullLink) -> None:
    with raw_socket(zmq.REQ, link.endpoint) as raw:
        reading = asyncio.create_task(link.receive())
        for _ in range(2):
            raw.send(pack_request(KEY, ASK, []))
            assert await next_frames(raw) == [NOTHING]
        reading.cancel()


async def test_only_the_latest_ask_of_a_worker_is_answered(link: PullLink) -> None:
    with (
        raw_socket(zmq.REQ, link.endpoint) as old,
        raw_socket(zmq.REQ, link.endpoint) as new,
    ):
        reading = asyncio.create_task(link.receive())
        old.send(pack_request(KEY, REPORT, [encode(a_hello())]))
        await reading
        assert await next_frames(old) == [NOTHING]
        reading = asyncio.create_task(link.receive())
        old.send(pack_request(KEY, ASK, []))
        assert await next_frames(old) == [NOTHING]  # released after a while: so it was read
        old.send(pack_request(KEY, ASK, []))
        new.send(pack_request(KEY, REPORT, [encode(a_hello())]))
        await reading
        reading = asyncio.create_task(link.receive())
        assert await next_frames(new) == [NOTHING]
        new.send(pack_request(KEY, ASK, []))
        assert await next_frames(new) == [NOTHING]
        reading.cancel()


async def test_a_worker_that_gets_nothing_asks_again() -> None:
    with raw_socket(zmq.ROUTER) as raw:
        uplink = PullUplink(raw.get_string(zmq.LAST_ENDPOINT))
        listening = asyncio.create_task(heard(uplink, 1))
        for _ in range(3):
            address, _, _ = await next_frames(raw)
            raw.send_multipart([address, b"", NOTHING])
        address, _, _ = await next_frames(raw)
        raw.send_multipart([address, b"", pack_reply([encode(some_orders())])])
        assert await listening == [some_orders()]
        await uplink.close()


async def test_a_request_without_reply_is_sent_again_from_another_address() -> None:
    with raw_socket(zmq.ROUTER) as raw:
        uplink = PullUplink(raw.get_string(zmq.LAST_ENDPOINT), patience_s=0.2)
        uplink.send(a_report())
        first, _, request = await next_frames(raw)
        second, _, again = await next_frames(raw)
        assert first != second
        assert again == request
        raw.send_multipart([second, b"", NOTHING])
        uplink.send(a_report(2))
        *_, following = await next_frames(raw)
        assert following != request
        await uplink.close()


async def test_an_ask_that_broke_is_renewed_at_once() -> None:
    port = free_port()
    uplink = PullUplink(f"127.0.0.1:{port}", patience_s=3_600)
    listening = asyncio.create_task(heard(uplink, 1))
    for _ in range(2):  # a dispatcher that never answers, and its successor, as silent
        with raw_socket(zmq.ROUTER, bind=f"tcp://127.0.0.1:{port}") as raw:
            address, _, request = await next_frames(raw)
            assert request[-2:] == pack_request(KEY, ASK, [])[-2:]
    with raw_socket(zmq.ROUTER, bind=f"tcp://127.0.0.1:{port}") as raw:
        address, _, request = await next_frames(raw)
        raw.send_multipart([address, b"", pack_reply([encode(some_orders())])])
        assert await listening == [some_orders()]
        await uplink.close()


async def test_garbage_is_a_violation_and_disturbs_nobody_else(
    link: PullLink, uplink: PullUplink, telemetry: CountingTelemetry
) -> None:
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        for frames in (
            [b"garbage"],
            [b"", b"garbage"],
            [b"", pack_request(b"short", ASK, [])],
            [b"", pack_request(KEY, 3, [])],
            [b"", pack_request(KEY, ASK, []), b"one too many"],
            [b"", pack_request(KEY, REPORT, [b"garbage"])],
        ):
            raw.send_multipart(frames)
        seen: list[object] = []
        async with asyncio.timeout(DEADLINE_S):
            while len(seen) < 6:
                seen += [arrival.message for arrival in await link.receive()]
        assert [type(message) for message in seen] == [ProtocolViolation] * 6
        assert uplink.send(a_hello())
        (arrival,) = await link.receive()
        assert arrival.message == a_hello()
    assert telemetry.counters["link.violations"] == 6


async def test_who_sends_nothing_but_garbage_is_ignored_in_the_end(
    link: PullLink, uplink: PullUplink, telemetry: CountingTelemetry
) -> None:
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        for _ in range(STRIKES):
            raw.send_multipart([b"", pack_request(KEY, REPORT, [b"garbage"])])
        seen = 0
        async with asyncio.timeout(DEADLINE_S):
            while seen < STRIKES:
                seen += len(await link.receive())
        raw.send_multipart([b"", pack_request(KEY, REPORT, [encode(a_hello("liar"))])])
        receiving = asyncio.create_task(link.receive())
        await wait_until_async(lambda: telemetry.counters["link.ignored"], "the liar is ignored")
        assert uplink.send(a_hello("honest"))
        assert [arrival.message for arrival in await receiving] == [a_hello("honest")]


async def test_who_sends_no_requests_at_all_is_ignored_in_the_end(
    link: PullLink, telemetry: CountingTelemetry
) -> None:
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        for _ in range(STRIKES + 1):
            raw.send(b"garbage")
        receiving = asyncio.create_task(link.receive())
        await wait_until_async(lambda: telemetry.counters["link.ignored"], "it is ignored")
        assert len(await receiving) <= STRIKES


async def test_a_worker_survives_garbage_from_its_dispatcher() -> None:
    with raw_socket(zmq.ROUTER) as raw:
        uplink = PullUplink(raw.get_string(zmq.LAST_ENDPOINT))
        listening = asyncio.create_task(heard(uplink, 3))
        for reply in ([b"garbage"], [NOTHING, b"a second frame"]):
            address, _, _ = await next_frames(raw)
            raw.send_multipart([address, b"", *reply])
        address, _, _ = await next_frames(raw)
        raw.send_multipart([address, b"", pack_reply([encode(some_orders())])])
        first, second, third = await listening
        assert isinstance(first, ProtocolViolation)
        assert isinstance(second, ProtocolViolation)
        assert third == some_orders()
        await uplink.close()


async def test_a_silent_worker_is_given_up(
    link: PullLink, uplink: PullUplink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "GONE_S", 0.0)
    uplink.send(a_hello())
    (arrival,) = await link.receive()
    reading = asyncio.create_task(link.receive())
    await wait_until_async(
        lambda: not link.send(arrival.peer, some_orders()), "the silent worker is unknown"
    )
    reading.cancel()


async def test_no_more_workers_are_known_than_the_limit(
    link: PullLink,
    uplink: PullUplink,
    telemetry: CountingTelemetry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uplink.send(a_hello())
    await link.receive()
    monkeypatch.setattr(pull, "PEERS_MOST", 1)
    reading = asyncio.create_task(link.receive())
    with raw_socket(zmq.REQ, link.endpoint) as raw:
        raw.send(pack_request(KEY, REPORT, [encode(a_hello("one too many"))]))
        await wait_until_async(lambda: telemetry.counters["link.ignored"], "it is ignored")
    assert uplink.send(a_report())
    assert [arrival.message for arrival in await reading] == [a_report()]


async def test_requests_wait_in_the_socket_while_nobody_receives(
    link: PullLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "WAITING_MOST", 5)
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        for number in range(1, 101):
            raw.send_multipart([b"", pack_request(KEY, REPORT, [encode(a_report(number))])])
        arrived: list[object] = []
        async with asyncio.timeout(DEADLINE_S):
            while len(arrived) < 100:
                batch = await link.receive()
                assert len(batch) <= 5
                arrived += [arrival.message for arrival in batch]
        assert arrived == [a_report(number) for number in range(1, 101)]


async def test_closing_waits_for_the_ask_that_takes_the_last_message_away() -> None:
    link = PullLink(0, telemetry=CountingTelemetry())
    with raw_socket(zmq.REQ, link.endpoint) as raw:
        raw.send(pack_request(KEY, REPORT, [encode(a_hello())]))
        await link.receive()
        assert await next_frames(raw) == [NOTHING]
        assert link.send(KEY, some_orders())
        closing = asyncio.create_task(link.close())
        raw.send(pack_request(KEY, ASK, []))
        assert await next_frames(raw) == [pack_reply([encode(some_orders())])]
        await closing


async def test_a_port_that_is_taken_is_said_to_be(link: PullLink) -> None:
    taken = int(link.endpoint.rpartition(":")[2])
    with pytest.raises(AddressUnusable, match="another process listens there"):
        PullLink(taken, telemetry=CountingTelemetry())
