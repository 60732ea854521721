"""The web server's own loop: seldom awake, and quick to leave."""

import asyncio

import pytest

from gofer.entrypoints.rest.server import Server, configured
from gofer.entrypoints.settings import Settings
from tests.support.waiting import wait_until_async


class Noted(Server):
    """A server that notes when it looked around."""

    def __init__(self) -> None:
        config = configured(Settings(), lambda: None)
        config.load()
        super().__init__(config, lambda: None, lambda: self.left.append(True))
        self.looks: list[float] = []
        self.left: list[bool] = []

    async def on_tick(self, counter: int) -> bool:
        self.looks.append(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


@pytest.fixture
async def server() -> Noted:
    return Noted()


async def test_it_looks_around_once_a_second(server: Noted) -> None:
    running = asyncio.create_task(server.main_loop())
    await wait_until_async(lambda: has_looked(server, 3), "it looks around", 10)
    server.leave()
    await running
    first, second, third = server.looks[:3]
    assert second - first > 0.9
    assert third - second > 0.9


async def test_told_to_leave_it_does_not_wait_for_the_next_look(server: Noted) -> None:
    running = asyncio.create_task(server.main_loop())
    await wait_until_async(lambda: has_looked(server, 1), "it looks around", 10)
    server.leave()
    await running
    assert server.looks[-1] - server.looks[0] < 0.9


async def has_looked(server: Noted, times: int) -> bool:
    return len(server.looks) >= times
