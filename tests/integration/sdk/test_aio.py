"""The client for asyncio: the same names, awaited; many waiting at once, and any may give up."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from gofer import AsyncClient, Refused, Unreachable
from gofer.testing import RunningSystem, returned
from tests.support.moody_server import Mood, moody
from tests.support.ports import free_port

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
async def client(system: RunningSystem) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(system.url) as opened:
        yield opened


def twice(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return 2 * number


async def test_remote_waits_and_gives_what_came_back(client: AsyncClient) -> None:
    decorated = client.function(timeout=60)(twice)
    assert decorated(3) == 6
    assert await decorated.remote(4) == 8
    with pytest.raises(ValueError, match="-1 is negative") as caught:
        await decorated.remote(-1)
    assert "Traceback" in caught.value.__notes__[0]


async def test_map_gives_results_in_order(client: AsyncClient) -> None:
    found = client.function(twice).map(range(300))
    assert [each async for each in found] == [2 * n for n in range(300)]


async def test_a_function_that_the_service_has_lost_is_registered_again(
    client: AsyncClient,
) -> None:
    decorated = client.function(name="lost")(twice)
    assert await decorated.remote(1) == 2
    await client.functions.delete(await decorated.register())
    assert await decorated.remote(2) == 4
    await client.functions.delete(await decorated.register())
    assert [each async for each in decorated.map(range(3))] == [0, 2, 4]


async def test_a_function_is_sent_as_it_is_when_it_is_called(client: AsyncClient) -> None:
    bound = 1

    @client.function
    def closed(number: int) -> int:
        return number + bound

    assert await closed.remote(1) == 2
    bound = 2
    assert await closed.remote(1) == 3
    bound = 3
    assert [each async for each in closed.map([1, 2])] == [4, 5]


async def test_a_handle_can_be_made_from_an_id(client: AsyncClient) -> None:
    task = await client.function(twice).spawn(5)
    assert await client.task(task.id).result(timeout=30) == 10


async def test_a_batch_goes_there_and_back(client: AsyncClient) -> None:
    function = await client.register(twice)
    batch = await client.submit_batch(function, [client.arguments(n) for n in range(3)])
    found = [(each.position, each.value()) async for each in batch.results(timeout=30)]
    assert sorted(found) == [(1, 0), (2, 2), (3, 4)]


async def test_many_wait_at_once_without_a_thread_for_any(holding: RunningSystem) -> None:
    before = threading.active_count()
    async with AsyncClient(holding.url) as client:
        decorated = client.function(twice)
        tasks = [await decorated.spawn(n) for n in range(4)]
        waiting = [asyncio.create_task(task.result(timeout=30)) for task in tasks for _ in range(5)]
        await asyncio.sleep(0)
        assert threading.active_count() <= before + 1  # a look-up of the host's name
        for task in tasks:
            await asyncio.to_thread(holding.finish, task.id, returned(6))
        assert await asyncio.gather(*waiting) == [6] * 20


async def test_who_waits_may_be_cancelled_and_the_next_answer_is_its_own(
    holding: RunningSystem,
) -> None:
    async with AsyncClient(holding.url) as client:
        task = await client.function(twice).spawn(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await task.result()
        with pytest.raises(Refused, match=UNKNOWN):
            await client.task(UNKNOWN).result(timeout=1)
        await asyncio.to_thread(holding.finish, task.id, returned(7))
        assert await task.result(timeout=30) == 7


async def test_time_that_is_up_is_told(holding: RunningSystem) -> None:
    async with AsyncClient(holding.url) as client:
        task = await client.function(twice).spawn(1)
        with pytest.raises(TimeoutError, match=task.id):
            await task.result(timeout=0.05)
        await asyncio.to_thread(holding.finish, task.id, returned(7))


async def test_a_server_that_hangs_up_between_requests_is_not_noticed(
    system: RunningSystem,
) -> None:
    hangs_up = [Mood.ANSWERS_AND_HANGS_UP] * 4
    with moody(system.url, *hangs_up) as (url, server):
        async with AsyncClient(url) as client:
            assert await client.function(twice).remote(3) == 6
        assert sum(path.startswith("/v1/tasks") for path in server.seen) == 1


async def test_a_batch_whose_answer_was_lost_is_submitted_once(system: RunningSystem) -> None:
    async with AsyncClient(system.url) as direct:
        function = await direct.register(twice)
    lost = [Mood.LOSES_THE_ANSWER, Mood.LOSES_THE_ANSWER]
    with moody(system.url, *lost) as (url, server):
        async with AsyncClient(url) as client:
            batch = await client.submit_batch(function, [client.arguments(3)])
            assert server.seen == ["/v1/batches"] * 3
            assert [each.value() async for each in batch.results(timeout=30)] == [6]


async def test_nobody_at_the_url_is_told_with_what_to_do() -> None:
    async with AsyncClient(f"http://127.0.0.1:{free_port()}", patience_s=0.1) as client:
        with pytest.raises(Unreachable, match=r"gofer up.*GOFER_URL"):
            await client.request("GET", "/v1/queues")
