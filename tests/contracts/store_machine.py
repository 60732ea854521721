"""The store on Redis beside the memory store: the same calls in any order, the same answers.

A hypothesis state machine. The scripts are the real ones but for one word: where they ask the
server for TIME they read a key that the machine sets, so that both stores live by one clock and
an expired lease needs no waiting. After each step every task is compared, and the keys on Redis
are read to see that each unfinished task is in exactly one place.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from redis.asyncio import Redis

from gofer.adapters.memory.clock import ManualClock
from gofer.adapters.memory.records import Records
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import (
    Attempt,
    BatchId,
    FunctionId,
    TaskId,
    WorkerId,
    member_ids,
    uuid7,
)
from gofer.domain.policy import Requeue
from gofer.domain.ports import BatchPage, Store
from gofer.domain.task import Budget, Idempotency, NewTask
from tests.contracts.store_backend import FOREIGN, FOREIGN_TAG, FUNCTION, TAG
from tests.contracts.store_choices import (
    BATCHES,
    STRANGER,
    UNKNOWN,
    additions,
    budgets,
    completions_of,
    defeats_of,
    delays,
    leases,
    lives,
    owners,
    picks,
    requeues,
    result_times,
    tags,
    wishes,
)
from tests.contracts.store_clock import scripts_with_a_clock
from tests.contracts.store_copy import Copy, copy_of, put_back
from tests.contracts.store_places import places_of

QUEUED_LIMIT = 6
NAMESPACE = "machine"
PREFIX = "{machine:0}:"

Answer = TypeVar("Answer")

SHOWN_MOST = 15
"""How many of the latest tasks are compared after each step; on a long walk there are many."""

HOUR_MS = 3_600_000
RETENTION_MS = 20 * HOUR_MS
"""A little less than what is kept of ended tasks: their expiry is by the server's own clock."""


class Server(Protocol):
    """Where Redis is."""

    def clients(self) -> tuple[Redis, Redis]:
        """Empty it; return a client for short calls and one for blocking ones."""
        ...


class StoreMachine(RuleBasedStateMachine):
    """Both stores; a subclass says where Redis is, and may plant bugs in the scripts."""

    server: ClassVar[Server]
    scripts: ClassVar[Mapping[str, str]] = scripts_with_a_clock()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.run = self.runner.get_loop().run_until_complete  # Runner.run traps SIGINT each time
        self.clock = ManualClock()
        self.began_ms = self.clock.unix_ms()
        self.memory = MemoryStore(self.clock, queued_limit=QUEUED_LIMIT)
        client, blocking = type(self).server.clients()
        self.client: Any = client
        options = StoreOptions(namespace=NAMESPACE, queued_limit=QUEUED_LIMIT)
        self.redis = RedisStore(client, blocking, options, self.scripts)
        self.ids: list[TaskId] = []
        self.attempts: list[Attempt] = [STRANGER]
        self.claims = 0
        self.answers = 0
        self.remembered: tuple[Records, Copy] | None = None
        self.set_clock()
        self.both(lambda store: store.put([FUNCTION, FOREIGN]))

    def teardown(self) -> None:
        self.run(self.redis.close())
        self.runner.close()

    def both(self, call: Callable[[Store], Coroutine[Any, Any, Answer]]) -> Answer:
        """Make the same call on both stores; the answers must be the same."""
        expected = self.run(call(self.memory))
        answer = self.run(call(self.redis))
        assert answer == expected
        self.answers += 1
        return expected

    def set_clock(self) -> None:
        unix_ms = self.clock.unix_ms()
        key = f"{PREFIX}clock"
        time = (unix_ms // 1000, unix_ms % 1000 * 1000)
        self.run(self.client.delete(key))
        self.run(self.client.rpush(key, *time))

    def chosen(self, positions: Sequence[int]) -> list[Attempt]:
        """Return attempts, current ones and old ones; 0 is the latest."""
        return [self.attempts[-1 - position % len(self.attempts)] for position in positions]

    def chosen_ids(self, positions: Sequence[int]) -> list[TaskId]:
        latest = [attempt.task_id for attempt in self.attempts[-5:]]
        known = [STRANGER.task_id, *self.ids, *latest]
        return [known[-1 - position % len(known)] for position in positions]

    # ------------------------------------------------------------ rules

    @rule(
        wishes=st.lists(st.tuples(st.integers(0, 2), delays, budgets), min_size=1, max_size=3),
        function_id=st.sampled_from([FUNCTION.id, FUNCTION.id, FOREIGN.id, UNKNOWN]),
        again=st.none() | st.integers(0, 9),
        wish=st.none() | st.builds(Idempotency, st.sampled_from("kl"), st.sampled_from("0f")),
        batch=st.none() | st.sampled_from(BATCHES),
        payload=additions,
        told=st.tuples(tags, lives, result_times),
    )
    def submit(
        self,
        wishes: list[tuple[int, int, Budget]],
        function_id: FunctionId,
        again: int | None,
        wish: Idempotency | None = None,
        batch: BatchId | None = None,
        payload: bytes = b"",
        told: tuple[tuple[str, ...], int, int] = ((), 0, 0),
    ) -> None:
        expires_at_ms = self.clock.unix_ms() + told[1] if told[1] else 0
        tasks: list[NewTask] = []
        for priority, delay_ms, budget in wishes:
            number = len(self.ids)
            task_id = TaskId(uuid7(self.clock.unix_ms(), number))
            self.ids.append(task_id if batch is None else member_ids(batch, [number + 1])[0])
            content = b"\x00payload of %d" % number + payload
            task = NewTask(self.ids[-1], function_id, content, priority, delay_ms, budget, wish)
            task = task._replace(tags=told[0], expires_at_ms=expires_at_ms, result_ttl_ms=told[2])
            tasks.append(task)
        if again is not None:
            task_id = self.ids[-1 - again % len(self.ids)]
            tasks.append(NewTask(task_id, FUNCTION.id, b"again"))
        self.both(lambda store: store.submit(tasks))

    @rule(owner=owners, wants=wishes, lease_ms=leases)
    def claim(self, owner: str, wants: Mapping[str, int], lease_ms: int) -> None:
        self.claims += 1
        token = f"token {self.claims}"
        claim = self.both(lambda store: store.claim(owner, token, wants, lease_ms))
        self.attempts.extend(leased.attempt for leased in claim.tasks)

    @rule(positions=picks, worker=st.sampled_from(["", "w1", "w 2"]))
    def start(self, positions: list[int], worker: str = "w1") -> None:
        attempts = self.chosen(positions)
        workers = [WorkerId(worker)] * len(attempts)
        self.both(lambda store: store.start(attempts, workers))

    @rule(positions=picks, lease_ms=leases)
    def renew(self, positions: list[int], lease_ms: int) -> None:
        attempts = self.chosen(positions)
        self.both(lambda store: store.renew(attempts, lease_ms))

    @rule(positions=picks, owner=owners, lease_ms=leases)
    def adopt(self, positions: list[int], owner: str, lease_ms: int) -> None:
        attempts = self.chosen(positions)
        self.both(lambda store: store.adopt(owner, attempts, lease_ms))

    @rule(
        positions=picks,
        run_ms=st.sampled_from([0.0, 1.5, 1e9, float("inf")]),
        result=additions,
    )
    def complete(self, positions: list[int], run_ms: float, result: bytes = b"") -> None:
        completions = completions_of(self.chosen(positions), run_ms, result)
        self.both(lambda store: store.complete(completions))

    @rule(positions=picks, run_ms=st.sampled_from([0.0, 2.5]), requeue=requeues, added=additions)
    def fail(
        self, positions: list[int], run_ms: float, requeue: Requeue | None, added: bytes = b""
    ) -> None:
        defeats = defeats_of(self.chosen(positions), run_ms, added, requeue)
        self.both(lambda store: store.fail(defeats))

    @rule(positions=picks, delay_ms=delays, reason=st.sampled_from(["", "no worker"]))
    def release(self, positions: list[int], delay_ms: int, reason: str) -> None:
        attempts = self.chosen(positions)
        self.both(lambda store: store.release(attempts, delay_ms, reason))

    @rule(position=st.integers(0, 9), number=st.integers(0, 3), token=st.sampled_from(["", "0"]))
    def forge(self, position: int, number: int, token: str) -> None:
        (attempt,) = self.chosen([position])
        forged = attempt._replace(token=token) if token else attempt._replace(number=number)
        self.both(lambda store: store.start([forged]))
        self.both(lambda store: store.renew([forged], 1_000))
        if forged not in self.attempts:
            self.attempts.insert(0, forged)

    @rule(limit=st.integers(0, 3))
    def reap(self, limit: int) -> None:
        self.both(lambda store: store.reap(limit))

    @rule(positions=picks)
    def cancel(self, positions: list[int]) -> None:
        task_ids = self.chosen_ids(positions)
        self.both(lambda store: store.cancel(task_ids))

    @rule(positions=picks)
    def look(self, positions: list[int]) -> None:
        task_ids = self.chosen_ids(positions)
        self.both(lambda store: store.get(task_ids))
        self.both(lambda store: store.wait(task_ids, 0))

    @rule(
        batch=st.sampled_from(BATCHES),
        digest=st.sampled_from("0f"),
        key=st.sampled_from("kl"),
    )
    def name_batch(self, batch: BatchId, digest: str, key: str) -> None:
        self.both(lambda store: store.name_batch(Idempotency(key, digest), batch))

    @rule(ms=st.sampled_from([1, 10, 100, 1_000, 60_000]))
    def advance(self, ms: int) -> None:
        self.clock.advance(ms)
        self.set_clock()

    @rule(hours=st.sampled_from([1, 2]))
    def jump(self, hours: int) -> None:
        """Let the server's clock jump forwards, over every lease and delay that there is."""
        if self.clock.unix_ms() + hours * HOUR_MS < self.began_ms + RETENTION_MS:
            self.advance(hours * HOUR_MS)

    @rule()
    def remember(self) -> None:
        """Keep a copy of both stores, as a replica or a snapshot on disk does."""
        self.remembered = (self.memory.snapshot(), self.run(copy_of(self.client)))

    @rule()
    def roll_back(self) -> None:
        """Go back to the copy: a failover that lost the last writes. Time does not go back."""
        if self.remembered is not None:
            records, copy = self.remembered
            self.memory.restore(records)
            self.run(put_back(self.client, copy))
            self.set_clock()

    # ------------------------------------------------------------ after each step

    @invariant()
    def both_show_the_same_tasks(self) -> None:
        self.memory.check()
        latest = self.ids[-SHOWN_MOST:]
        self.both(lambda store: store.outcomes(latest))
        for batch in BATCHES:
            self.both(partial(_all_endings, batch))

    @invariant()
    def each_unfinished_task_is_in_one_place(self) -> None:
        self.run(self.check_places())

    async def check_places(self) -> None:
        found = await places_of(self.client, PREFIX, [TAG, FOREIGN_TAG])
        expected: Counter[tuple[TaskId, str]] = Counter()
        for task_id in {*self.ids[-SHOWN_MOST:], *(task_id for task_id, _ in found)}:
            record = await self.client.get(f"{PREFIX}t:{task_id}")
            if record is not None and chr(record[0]) in "QDR":
                expected[task_id, chr(record[0])] += 1
        assert found == expected


async def _all_endings(batch: BatchId, store: Store) -> BatchPage | None:
    return await store.endings(batch, 0, 1_000)
