"""What every Link and Uplink does, in code. An adapter's test module brings the fixture ``net``."""

import asyncio

import pytest

from gofer.domain.errors import LinkClosed
from gofer.domain.ports import FromWorker
from gofer.domain.protocol.messages import Orders, Report, Unknown
from tests.contracts.link_net import DEADLINE_S, QUEUED, Net, heard, some_turns
from tests.support.messages import SESSION, a_hello, a_report, some_orders
from tests.support.waiting import wait_until_async


class LinkContract:
    """Inherit, and bring a fixture ``net``: not started, with room for QUEUED messages an end."""

    async def test_a_message_arrives_with_an_address_to_answer_to(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        assert net.link.send(peer, some_orders())
        assert await heard(uplink, 1) == [some_orders()]

    async def test_messages_keep_their_order_both_ways(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        for number in range(1, QUEUED):
            assert uplink.send(a_report(number))
            assert net.link.send(peer, some_orders(number))
        reports = [arrival.message for arrival in await net.arrivals(QUEUED - 1)]
        assert reports == [a_report(number) for number in range(1, QUEUED)]
        assert await heard(uplink, QUEUED - 1) == [some_orders(n) for n in range(1, QUEUED)]

    async def test_a_conversation_goes_on_for_as_long_as_it_likes(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        for number in range(1, 300):
            assert net.link.send(peer, some_orders(number))
            assert await heard(uplink, 1) == [some_orders(number)]
            assert uplink.send(a_report(number))
            assert await net.arrivals(1) == [FromWorker(peer, a_report(number))]

    async def test_messages_that_wait_are_received_together(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        largest = {"link": 0, "uplink": 0}
        async with asyncio.timeout(DEADLINE_S):
            while min(largest.values()) < 2:
                for number in range(1, 6):
                    uplink.send(a_report(number))
                    net.link.send(peer, some_orders(number))
                largest["link"] = max(largest["link"], len(await net.link.receive()))
                largest["uplink"] = max(largest["uplink"], len(await uplink.receive()))

    async def test_every_worker_gets_its_own(self, net: Net) -> None:
        net.start()
        uplinks = [net.uplink() for _ in range(5)]
        peers = [await net.meet(uplink, f"w{n}") for n, uplink in enumerate(uplinks)]
        assert len(set(peers)) == len(peers)
        for number, peer in enumerate(peers, start=1):
            assert net.link.send(peer, some_orders(number))
        for number, uplink in enumerate(uplinks, start=1):
            assert await heard(uplink, 1) == [some_orders(number)]

    async def test_an_unknown_peer_is_refused(self, net: Net) -> None:
        net.start()
        assert not net.link.send(b"nobody", some_orders())

    async def test_16_mib_pass_both_ways(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        large = bytes(16 * 1024 * 1024)
        assert uplink.send(a_report(1, large))
        (arrival,) = await net.arrivals(1)
        assert arrival == FromWorker(peer, a_report(1, large))
        assert net.link.send(peer, some_orders(1, large))
        assert await heard(uplink, 1) == [some_orders(1, large)]

    async def test_a_peer_that_takes_nothing_is_refused_in_the_end_and_loses_nothing(
        self, net: Net
    ) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        payload = bytes(256 * 1024)
        sent = 0
        while net.link.send(peer, some_orders(sent + 1, payload)):
            sent += 1
            assert sent < 1_000, "nothing is ever refused"
        assert sent >= QUEUED
        messages = await heard(uplink, sent)
        assert [m.serial for m in messages if isinstance(m, Orders)] == list(range(1, sent + 1))

    async def test_a_peer_that_has_left_is_refused_in_the_end(self, net: Net) -> None:
        net.start()
        leaving, staying = net.uplink(), net.uplink()
        gone = await net.meet(leaving, "leaving")
        here = await net.meet(staying, "staying")
        await leaving.close()
        await wait_until_async(
            lambda: not net.link.send(gone, Unknown(SESSION)), "the peer that left is refused"
        )
        assert net.link.send(here, some_orders())
        assert await heard(staying, 1) == [some_orders()]

    async def test_a_worker_may_start_before_the_dispatcher(self, net: Net) -> None:
        uplink = net.uplink()
        assert uplink.send(a_hello())
        listening = asyncio.create_task(heard(uplink, 1))
        net.start()
        (arrival,) = await net.arrivals(1)
        assert arrival.message == a_hello()
        assert net.link.send(arrival.peer, some_orders())
        assert await listening == [some_orders()]

    async def test_a_worker_outlives_its_dispatcher(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        before = await net.meet(uplink)
        listening = asyncio.create_task(heard(uplink, 2))
        assert net.link.send(before, some_orders(1))
        await wait_until_async(lambda: uplink.send(a_hello()), "a hello is taken")
        await net.arrivals(1)
        await net.stop()
        net.start()
        assert uplink.send(a_report(1))
        arrivals = await net.arrivals(1)
        assert net.link.send(arrivals[-1].peer, some_orders(2))
        assert await listening == [some_orders(1), some_orders(2)]

    async def test_a_reset_worker_comes_back(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        await net.meet(uplink)
        listening = asyncio.create_task(heard(uplink, 1))
        await some_turns()  # the reader sleeps on what is about to be dropped
        uplink.reset()
        peer = await net.meet(uplink)
        assert net.link.send(peer, some_orders())
        assert await listening == [some_orders()]

    async def test_a_forgotten_worker_that_lives_is_heard_and_answered(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        listening = asyncio.create_task(heard(uplink, 1))
        net.link.forget(peer)
        again = await net.meet(uplink)
        assert net.link.send(again, Unknown(SESSION))
        assert await listening == [Unknown(SESSION)]

    async def test_forgetting_nobody_is_allowed(self, net: Net) -> None:
        net.start()
        net.link.forget(b"nobody")
        assert not net.link.send(b"nobody", Unknown(SESSION))

    async def test_a_cancelled_receive_loses_nothing(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        for end in (net.link, uplink):
            waiting = asyncio.create_task(end.receive())
            await some_turns()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert uplink.send(a_report(1))
        assert await net.arrivals(1) == [FromWorker(peer, a_report(1))]
        assert net.link.send(peer, some_orders())
        assert await heard(uplink, 1) == [some_orders()]

    async def test_others_get_their_turn_while_messages_never_cease(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        await net.meet(uplink)
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        busy = asyncio.create_task(others())
        for number in range(1, 51):
            assert uplink.send(a_report(number))
            await net.arrivals(1)
        busy.cancel()
        assert turns >= 50

    async def test_closing_ends_whoever_waits(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        await net.meet(uplink)
        waiting = [asyncio.create_task(end.receive()) for end in (net.link, uplink)]
        await some_turns()
        await uplink.close()
        await net.link.close()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LinkClosed, LinkClosed]

    async def test_closed_ends_take_nothing_and_close_again(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        peer = await net.meet(uplink)
        for _ in range(2):
            await uplink.close()
            await net.link.close()
        uplink.reset()
        assert not uplink.send(a_hello())
        assert not net.link.send(peer, some_orders())
        with pytest.raises(LinkClosed):
            await net.link.receive()
        with pytest.raises(LinkClosed):
            await uplink.receive()

    async def test_what_was_sent_before_closing_arrives(self, net: Net) -> None:
        net.start()
        uplink = net.uplink()
        await net.meet(uplink)
        reading = asyncio.create_task(net.arrivals(3))
        for number in range(1, 4):
            assert uplink.send(a_report(number, bytes(1024 * 1024)))
        await uplink.close()
        arrivals = await reading
        assert [a.message.seq for a in arrivals if isinstance(a.message, Report)] == [1, 2, 3]
