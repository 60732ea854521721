"""The link within one process, against the contract, and what only it offers."""

from collections.abc import AsyncIterator

import pytest

from gofer.adapters.memory.link import MemoryHub
from tests.contracts.link import LinkContract
from tests.contracts.link_net import QUEUED, Net, heard
from tests.support.messages import a_hello, a_report, some_orders


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    hub = MemoryHub(waiting_most=QUEUED)
    net = Net(hub.link, hub.uplink)
    yield net
    await net.close()


class TestMemoryLink(LinkContract):
    """The contract over the memory link."""


async def test_messages_are_handed_over_as_the_objects_they_are() -> None:
    hub = MemoryHub()
    link, uplink = hub.link(), hub.uplink()
    report = a_report()
    assert uplink.send(report)
    (arrival,) = await link.receive()
    assert arrival.message is report


async def test_a_dispatcher_that_does_not_read_is_full_in_the_end() -> None:
    hub = MemoryHub(waiting_most=2)
    hub.link()
    uplink = hub.uplink()
    assert [uplink.send(a_hello()) for _ in range(3)] == [True, True, False]


async def test_a_second_dispatcher_s_end_replaces_the_first() -> None:
    hub = MemoryHub()
    first, uplink = hub.link(), hub.uplink()
    uplink.send(a_hello())
    (arrival,) = await first.receive()
    second = hub.link()
    assert not first.send(arrival.peer, some_orders())
    assert second.send(arrival.peer, some_orders())
    assert await heard(uplink, 1) == [some_orders()]


async def test_a_reset_drops_what_waited() -> None:
    hub = MemoryHub()
    link, uplink = hub.link(), hub.uplink()
    uplink.send(a_hello())
    (arrival,) = await link.receive()
    link.send(arrival.peer, some_orders(1))
    uplink.reset()
    assert not link.send(arrival.peer, some_orders(2))
    uplink.send(a_hello())
    (arrival,) = await link.receive()
    link.send(arrival.peer, some_orders(3))
    assert await heard(uplink, 1) == [some_orders(3)]
