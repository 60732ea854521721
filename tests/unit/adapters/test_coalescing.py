"""Shared calls: what goes together, what stays apart, and that callers do not notice each other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import pytest

from gofer.adapters.coalescing import LARGE_BYTES, Shared, coalesced
from gofer.adapters.memory.clock import ManualClock
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from gofer.domain.policy import BATCH
from gofer.domain.ports import Repeated, Store, Submitted
from gofer.domain.task import NewTask
from tests.contracts.store_backend import DAY_MS, FUNCTION, OpenBackend, a_task
from tests.contracts.task_store import TaskStoreContract


class Verb:
    """A verb that doubles numbers; it can be held up, and fails when it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.trouble: Callable[[Sequence[int]], Exception | None] = lambda _items: None

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        self.called.set()
        await self.go_on.wait()
        if error := self.trouble(items):
            raise error
        return [2 * item for item in items]


async def at_once(*calls: Awaitable[list[int]]) -> list[list[int] | BaseException]:
    return list(await asyncio.gather(*calls, return_exceptions=True))


async def test_what_is_asked_in_one_turn_of_the_loop_is_one_call() -> None:
    verb = Verb()
    shared = Shared(verb)
    assert await at_once(shared([1]), shared([2, 3]), shared([4])) == [[2], [4, 6], [8]]
    assert verb.calls == [[1, 2, 3, 4]]


async def test_what_is_asked_while_a_call_is_under_way_goes_with_the_next_one() -> None:
    verb = Verb()
    shared = Shared(verb)
    verb.go_on.clear()
    first = asyncio.create_task(shared([1]))
    await verb.called.wait()
    others = [asyncio.create_task(shared([number])) for number in (2, 3)]
    await asyncio.sleep(0)
    assert verb.calls == [[1]]
    verb.go_on.set()
    assert await at_once(first, *others) == [[2], [4], [6]]
    assert verb.calls == [[1], [2, 3]]


async def test_no_call_carries_more_than_a_script_does() -> None:
    verb = Verb()
    shared = Shared(verb)
    await at_once(*(shared([number, -number]) for number in range(BATCH)))
    assert [len(call) for call in verb.calls] == [BATCH, BATCH]


async def test_callers_with_a_whole_script_or_with_nothing_do_not_share() -> None:
    verb = Verb()
    shared = Shared(verb)
    many = list(range(BATCH))
    answers = await at_once(shared([1]), shared(many), shared([]), shared([2]))
    assert answers == [[2], [2 * number for number in many], [], [4]]
    assert sorted(verb.calls, key=len) == [[], [1, 2], many]


async def test_items_that_must_travel_apart_do_not_hold_up_the_others() -> None:
    verb = Verb()
    shared = Shared(verb, apart=lambda items: max(items) > 10)
    await at_once(shared([1]), shared([11]), shared([2]))
    assert sorted(verb.calls) == [[1, 2], [11]]


async def test_a_store_that_is_away_is_away_for_all_who_share_the_call() -> None:
    verb = Verb()
    verb.trouble = lambda _items: StoreUnavailable("away", 3.0)
    shared = Shared(verb)
    errors = await at_once(shared([1]), shared([2]))
    assert len(verb.calls) == 1
    assert errors[0] is not errors[1]
    for error in errors:
        assert isinstance(error, StoreUnavailable)
        assert (error.reason, error.retry_after_s) == ("away", 3.0)


async def test_one_caller_s_trouble_does_not_become_another_s() -> None:
    verb = Verb()
    verb.trouble = lambda items: StoreIncompatible("3") if 3 in items else None
    shared = Shared(verb)
    answers = await at_once(shared([1]), shared([3]), shared([4]))
    assert (answers[0], answers[2]) == ([2], [8])
    assert isinstance(answers[1], StoreIncompatible)


async def test_a_caller_that_goes_away_takes_nobody_with_it() -> None:
    verb = Verb()
    shared = Shared(verb)
    verb.go_on.clear()
    callers = [asyncio.create_task(shared([number])) for number in (1, 2)]
    await verb.called.wait()
    callers[0].cancel()
    verb.go_on.set()
    gone, there = await at_once(*callers)
    assert isinstance(gone, asyncio.CancelledError)
    assert there == [4]


async def test_whoever_goes_away_before_the_call_is_made_is_not_carried() -> None:
    verb = Verb()
    shared = Shared(verb)
    verb.go_on.clear()
    first = asyncio.create_task(shared([1]))
    await verb.called.wait()
    gone = asyncio.create_task(shared([2]))
    await asyncio.sleep(0)
    gone.cancel()
    verb.go_on.set()
    await at_once(first, gone)
    assert await shared([3]) == [6]
    assert verb.calls == [[1], [3]]


async def test_after_trouble_calls_are_made_as_before() -> None:
    verb = Verb()
    verb.trouble = lambda _items: StoreUnavailable("away")
    shared = Shared(verb)
    with pytest.raises(StoreUnavailable):
        await shared([1])
    verb.trouble = lambda _items: None
    assert await shared([1]) == [2]


async def test_when_the_process_ends_nobody_is_left_waiting() -> None:
    verb = Verb()
    verb.go_on.clear()
    shared = Shared(verb)
    first = asyncio.create_task(shared([1]))
    await verb.called.wait()
    second = asyncio.create_task(shared([2]))
    await asyncio.sleep(0)
    (carrier,) = (task for task in asyncio.all_tasks() if task.get_name() == "shared-call")
    carrier.cancel()
    for answer in await at_once(first, second):
        assert isinstance(answer, StoreUnavailable)


# ---------------------------------------------------------------- over a store


class CountingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__(ManualClock())
        self.submits: list[int] = []

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        made = list(tasks)
        self.submits.append(len(made))
        return await super().submit(made)


async def test_large_payloads_travel_in_calls_of_their_own() -> None:
    memory = CountingStore()
    await memory.put([FUNCTION])
    store = coalesced(memory)
    large = [a_task(bytes(LARGE_BYTES + 1)) for _ in range(2)]
    small = [a_task() for _ in range(3)]
    answers = await asyncio.gather(*(store.submit([task]) for task in (*large, *small)))
    assert answers == [[Submitted.NEW]] * 5
    assert sorted(memory.submits) == [1, 1, 3]


class CoalescedBackend:
    """A store in memory behind shared calls."""

    def __init__(self, memory: MemoryStore, clock: ManualClock) -> None:
        self._memory = memory
        self._clock = clock
        self.store: Store = coalesced(memory)  # type: ignore[assignment] # functions pass through

    async def advance(self, ms: int) -> None:
        self._clock.advance(ms)
        self._memory.check()


@pytest.fixture
def open_backend() -> OpenBackend:
    def opened(*, queued_limit: int = 1_000, retention_ms: int = DAY_MS) -> CoalescedBackend:
        clock = ManualClock()
        memory = MemoryStore(clock, retention_ms=retention_ms, queued_limit=queued_limit)
        return CoalescedBackend(memory, clock)

    return opened


class TestCoalescedStoreAsTaskStore(TaskStoreContract):
    """Shared calls change nothing of what the store promises."""
