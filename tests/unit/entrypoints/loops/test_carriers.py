"""Tasks that are kept between calls."""

import asyncio

import pytest

from gofer.entrypoints.loops.carriers import Carriers


class Calls:
    """Calls that last until they are let go, and which task of the loop carried each out."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, asyncio.Task[None] | None]] = []
        self.gates: dict[str, asyncio.Event] = {}

    async def carry_out(self, call: str) -> None:
        self.carried.append((call, asyncio.current_task()))
        await self.gates.setdefault(call, asyncio.Event()).wait()

    def let_go(self, call: str) -> None:
        self.gates.setdefault(call, asyncio.Event()).set()


async def turns() -> None:
    """Let everything that is ready have its turn."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_calls_that_overlap_have_tasks_of_their_own_and_begin_in_order() -> None:
    calls = Calls()
    async with Carriers(calls.carry_out) as carriers:
        for name in ("first", "second"):
            carriers.carry(name)
        await turns()
        assert [name for name, _ in calls.carried] == ["first", "second"]
        assert calls.carried[0][1] is not calls.carried[1][1]
        carriers.stop()


async def test_a_task_that_is_idle_carries_out_the_next_call() -> None:
    calls = Calls()
    async with Carriers(calls.carry_out) as carriers:
        for name in ("first", "second"):
            calls.let_go(name)
            carriers.carry(name)
            await turns()
        assert calls.carried[0][1] is calls.carried[1][1]
        carriers.stop()


async def test_to_stop_breaks_off_what_is_under_way() -> None:
    calls = Calls()
    async with Carriers(calls.carry_out) as carriers:
        carriers.carry("never let go")
        await turns()
        carriers.stop()
    task = calls.carried[0][1]
    assert task is not None
    assert task.cancelled()


async def test_what_a_call_raises_ends_them_all() -> None:
    async def fails(call: str) -> None:
        raise ValueError(call)

    async def carries() -> None:
        async with Carriers(fails) as carriers:
            carriers.carry("a bug")
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as ended:
        await carries()
    assert ended.group_contains(ValueError, match="a bug")
