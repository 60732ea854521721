"""The push link over real sockets on the loopback: the contract, and what only it must stand."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
import zmq

from gofer.adapters.telemetry import CountingTelemetry
from gofer.adapters.zmq.codec import encode
from gofer.adapters.zmq.offences import STRIKES
from gofer.adapters.zmq.push import PushLink, PushUplink
from gofer.adapters.zmq.sockets import SocketOptions
from gofer.domain.errors import AddressUnusable, InvalidIdentifier, ProtocolViolation
from gofer.domain.protocol.messages import Unknown
from tests.contracts.link import LinkContract
from tests.contracts.link_net import DEADLINE_S, QUEUED, Net, heard
from tests.integration.zmq.raw import next_frames, raw_socket
from tests.support.messages import SESSION, a_hello, a_report, some_orders
from tests.support.ports import free_port
from tests.support.waiting import wait_until_async

OPTIONS = SocketOptions(queued=QUEUED)
Listen = Callable[[], PushLink]


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    port = free_port()
    net = Net(
        lambda: PushLink(port, telemetry=CountingTelemetry(), options=OPTIONS),
        lambda: PushUplink(f"127.0.0.1:{port}", options=OPTIONS),
    )
    yield net
    await net.close()


class TestPushLink(LinkContract):
    """The contract over push."""


@pytest.fixture
def telemetry() -> CountingTelemetry:
    return CountingTelemetry()


@pytest.fixture
async def link(telemetry: CountingTelemetry) -> AsyncIterator[PushLink]:
    link = PushLink(0, telemetry=telemetry)
    yield link
    await link.close()


@pytest.fixture
async def uplink(link: PushLink) -> AsyncIterator[PushUplink]:
    uplink = PushUplink(link.endpoint)
    yield uplink
    await uplink.close()


async def violations(link: PushLink, count: int) -> list[str]:
    seen: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(seen) < count:
            for arrival in await link.receive():
                assert isinstance(arrival.message, ProtocolViolation)
                seen.append(str(arrival.message))
    return seen


async def test_garbage_is_a_violation_and_disturbs_nobody_else(
    link: PushLink, uplink: PushUplink, telemetry: CountingTelemetry
) -> None:
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        raw.send(b"")
        raw.send(b"GET / HTTP/1.1")
        raw.send_multipart([encode(a_hello()), b"a second frame"])
        raw.send_multipart([b"x"] * 1_000)
        assert await violations(link, 4) == [
            "0 bytes that are no message of gofer",
            "14 bytes that are no message of gofer",
            "more than one frame in a message",
            "more than one frame in a message",
        ]
        assert uplink.send(a_hello())
        (arrival,) = await link.receive()
        assert arrival.message == a_hello()
    assert telemetry.counters["link.violations"] == 4


async def test_who_sends_nothing_but_garbage_is_ignored_in_the_end(
    link: PushLink, uplink: PushUplink, telemetry: CountingTelemetry
) -> None:
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        for _ in range(STRIKES):
            raw.send(b"garbage")
        await violations(link, STRIKES)
        raw.send(encode(a_hello("liar")))
        receiving = asyncio.create_task(link.receive())
        await wait_until_async(lambda: telemetry.counters["link.ignored"], "the liar is ignored")
        assert uplink.send(a_hello("honest"))
        assert [arrival.message for arrival in await receiving] == [a_hello("honest")]


async def test_bytes_that_are_no_zeromq_disturb_nobody(link: PushLink, uplink: PushUplink) -> None:
    host, port = link.endpoint.removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n" * 100)
        assert uplink.send(a_hello())
        messages: list[object] = []  # libzmq may take the text for its own first protocol
        async with asyncio.timeout(DEADLINE_S):
            while a_hello() not in messages:
                messages += [arrival.message for arrival in await link.receive()]
        assert all(isinstance(m, ProtocolViolation) for m in messages if m != a_hello())


async def test_a_frame_over_the_limit_is_not_read(telemetry: CountingTelemetry) -> None:
    small = SocketOptions(message_bytes=1_000)
    link = PushLink(0, telemetry=telemetry, options=small)
    uplink = PushUplink(link.endpoint)
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        raw.send(bytes(1_000_000))
        raw.send(encode(a_hello("large")))
        assert uplink.send(a_hello())
        (arrival,) = await link.receive()
        assert arrival.message == a_hello()
        assert not link.send(arrival.peer, some_orders(1, bytes(1_000)))
        assert link.send(arrival.peer, some_orders(1, bytes(100)))
    await uplink.close()
    await link.close()


async def test_a_worker_says_nothing_over_the_limit(link: PushLink) -> None:
    uplink = PushUplink(link.endpoint, options=SocketOptions(message_bytes=1_000))
    assert not uplink.send(a_report(1, bytes(1_000)))
    assert uplink.send(a_report(1, bytes(100)))
    await uplink.close()


async def test_a_worker_survives_garbage_from_its_dispatcher() -> None:
    with raw_socket(zmq.ROUTER) as raw:
        uplink = PushUplink(raw.get_string(zmq.LAST_ENDPOINT))
        uplink.send(a_hello())
        peer, hello = await next_frames(raw)
        assert hello == encode(a_hello())
        raw.send_multipart([peer, b"garbage"])
        raw.send_multipart([peer, encode(some_orders()), b"a second frame"])
        raw.send_multipart([peer, encode(some_orders())])
        first, second, third = await heard(uplink, 3)
        assert str(first) == "7 bytes that are no message of gofer"
        assert str(second) == "more than one frame in a message"
        assert third == some_orders()
        await uplink.close()


async def test_a_second_peer_with_a_connected_peer_s_address_gets_nothing(link: PushLink) -> None:
    with (
        raw_socket(zmq.DEALER) as first,
        raw_socket(zmq.DEALER) as second,
    ):
        for raw in (first, second):
            raw.set(zmq.ROUTING_ID, b"the same")
        first.connect(link.endpoint)
        first.send(encode(a_hello("first")))
        (arrival,) = await link.receive()
        second.connect(link.endpoint)
        second.send(encode(a_hello("second")))
        assert link.send(arrival.peer, some_orders())
        assert await next_frames(first) == [encode(some_orders())]
        assert not await asyncio.to_thread(second.poll, 100)


async def test_more_than_1000_messages_take_more_than_one_receive(
    link: PushLink, uplink: PushUplink
) -> None:
    sent = received = 0
    async with asyncio.timeout(DEADLINE_S):
        while received < 3_000:
            while sent < 3_000 and uplink.send(a_hello()):
                sent += 1
            batch = await link.receive()
            assert len(batch) <= 1_000
            received += len(batch)


async def test_a_port_that_is_taken_is_said_to_be(link: PushLink) -> None:
    taken = int(link.endpoint.rpartition(":")[2])
    with pytest.raises(AddressUnusable, match=rf"{taken}: another process listens there"):
        PushLink(taken, telemetry=CountingTelemetry())


async def test_an_address_of_another_machine_is_said_to_be() -> None:
    with pytest.raises(AddressUnusable, match="no network interface of this machine"):
        PushLink(0, "192.0.2.1", telemetry=CountingTelemetry())


async def test_what_is_no_url_is_refused() -> None:
    with pytest.raises(InvalidIdentifier, match="tcp://HOST:PORT"):
        PushUplink("http://example.org")


async def test_a_link_may_be_made_outside_of_a_loop_and_closed_unused() -> None:
    link = await asyncio.to_thread(PushLink, 0, telemetry=CountingTelemetry())
    uplink = await asyncio.to_thread(PushUplink, link.endpoint)
    assert not link.send(b"nobody", Unknown(SESSION))
    await uplink.close()
    await link.close()


async def test_ipv6_works_where_the_machine_has_it() -> None:
    with suppress(AddressUnusable):  # a machine without IPv6 says so, which is right as well
        link = PushLink(0, "::1", telemetry=CountingTelemetry())
        uplink = PushUplink(link.endpoint)
        assert uplink.send(a_hello())
        (arrival,) = await link.receive()
        assert link.send(arrival.peer, some_orders())
        assert await heard(uplink, 1) == [some_orders()]
        await uplink.close()
        await link.close()
