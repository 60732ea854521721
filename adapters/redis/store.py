"""The store on Redis: the ports TaskStore and FunctionStore over one Lua script a transition.

The scripts in ``lua/`` compare and set; which steps are legal is the domain's table, and a
differential test holds both to the memory store. ``keys.py`` has the layout, docs/store.md the
settings and the durability. A store must be used from one event loop; nothing of the driver's
exceptions leaves it; no call is repeated here, for one that timed out may have been carried out.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Self

from redis.asyncio import Redis

from ...domain.identifiers import Attempt, BatchId, TaskId, WorkerId
from ...domain.policy import BATCH
from ...domain.ports import (
    BatchPage,
    Cancelled,
    Claim,
    Completion,
    Credit,
    Defeat,
    Ending,
    Hint,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)
from ...domain.task import Idempotency, NewTask, Outcome, Task
from . import codec, record
from .batch_store import RedisBatches
from .batches import batches
from .bodies import Bodies
from .calling import Calls
from .claiming import Claims
from .driver import Driver, open_clients
from .endings import Endings
from .events import RedisEvents
from .expecting import Expectation
from .framing import frame, unframe
from .functions import RedisFunctions
from .hints import Hints
from .history import RedisHistory
from .inspection import check_schema, check_settings, claim_layout
from .keys import Keys
from .options import StoreOptions
from .output import RedisOutput
from .queues import RedisQueues
from .reading import Reading
from .scripts import read_scripts
from .strings import Strings
from .workers import RedisWorkers


class RedisStore(RedisFunctions):
    """Tasks and functions on one shard of a Redis-compatible server, 6.2 or newer.

    ``client`` serves short calls, ``blocking`` those that block; only tests bring ``scripts``.
    """

    def __init__(
        self,
        client: Redis,
        blocking: Redis,
        options: StoreOptions | None = None,
        scripts: Mapping[str, str] | None = None,
    ) -> None:
        self._options = options or StoreOptions()
        self._keys = Keys(self._options.namespace, self._options.shard)
        sources = read_scripts() if scripts is None else scripts
        super().__init__(Driver(client, self._keys.prefix, sources), self._options.retention_ms)
        self._blocking = Driver(blocking, self._keys.prefix, sources)
        self._bodies = Bodies(self._driver, self._keys)
        self._calls = Calls(self._driver, self._bodies)
        strings = Strings(self._driver, self._keys)
        self._reading = Reading(self._driver, self._keys, strings, self._bodies)
        self._claims = Claims(self._driver, self._keys, self._options.retention_ms)
        self.workers = RedisWorkers(self._driver, self._keys)
        self._hints = Hints(self._driver, self._blocking, self._keys)
        self._endings = Endings(
            blocking, self._keys.ended, self._reading.ended, self._options.poll_s
        )
        kept = (self._options.retention_ms, self._options.poll_s)
        self.history = RedisHistory(self._driver)
        self.events = RedisEvents(self._driver, self._blocking, self._keys)
        self.queues = RedisQueues(self._driver, self._options.retention_ms)
        told = (self._keys, self._endings, self._reading.ended, kept)
        self.output = RedisOutput(self._driver, *told)
        read = (self._keys, strings, self._bodies)
        self._batches = RedisBatches(self._driver, *read, self._endings, *kept)

    @classmethod
    def from_url(cls, url: str, options: StoreOptions | None = None) -> Self:
        """Return a store at a ``redis://``, ``rediss://`` or ``unix://`` URL, not connected yet.

        Raises InvalidInput for a URL that is none.
        """
        options = options or StoreOptions()
        return cls(*open_clients(url, options.timeouts), options)

    async def examine(self) -> list[str]:
        """Claim an empty store for this layout; return what of the server's settings is risky.

        Raises StoreIncompatible for another layout, and for settings that would lose tasks.
        """
        await check_schema(self._driver, self._keys)
        return await check_settings(self._driver)

    # ------------------------------------------------------------ into the queue and out of it

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        """Record new tasks and ring."""
        return await self._calls.apart(
            "submit",
            tasks,
            codec.new_task_items,
            codec.submitted,
            self._options.queued_limit,
            self._options.retention_ms,
            size=lambda task: len(task.payload),
        )

    async def claim(self, owner: str, token: str, wants: Mapping[str, int], lease_ms: int) -> Claim:
        """Lease due tasks of the wanted environments; fewer if their payloads are large."""
        return await self._claims.claim(owner, token, wants, lease_ms)

    # ------------------------------------------------------------ while an attempt runs

    async def leased(self, owner: str) -> list[Attempt]:
        """Return what is leased to a dispatcher."""
        return await self._reading.leased(owner)

    async def start(
        self, attempts: Sequence[Attempt], workers: Sequence[WorkerId] = ()
    ) -> list[Written]:
        """Note that attempts (may) have begun, and who runs them."""
        begun = list(zip(attempts, workers or [WorkerId("")] * len(attempts), strict=True))
        return await self._calls.each("start", begun, codec.start_items, codec.written)

    async def renew(self, attempts: Sequence[Attempt], lease_ms: int) -> list[Attempt]:
        """Extend leases; return the attempts that are no longer valid."""
        answers = await self._calls.each(
            "renew", attempts, codec.attempt_items, codec.written, lease_ms
        )
        return [a for a, w in zip(attempts, answers, strict=True) if w is not Written.RECORDED]

    async def adopt(
        self, owner: str, attempts: Sequence[Attempt], lease_ms: int
    ) -> list[Leased | None]:
        """Extend leases and make ``owner`` the one who is told of cancels."""
        answers: list[Leased | None] = []
        for batch in batches(attempts):
            asked = frame(item for attempt in batch for item in codec.attempt_items(attempt))
            answer = await self._driver.run("adopt", record.word(owner), lease_ms, asked)
            answers.extend(map(codec.adopted, batch, unframe(answer)))
        return answers

    # ------------------------------------------------------------ the end of an attempt

    async def complete(self, completions: Sequence[Completion]) -> list[Written]:
        """Record results and wake the waiters."""
        return await self._calls.apart(
            "complete",
            completions,
            codec.completion_items,
            codec.written,
            self._options.retention_ms,
            size=lambda completion: len(completion.success.result),
        )

    async def fail(self, defeats: Sequence[Defeat]) -> list[Written]:
        """Record failures, or queue the tasks again."""
        return await self._calls.apart(
            "fail",
            defeats,
            codec.defeat_items,
            codec.written,
            self._options.retention_ms,
            size=lambda defeat: len(defeat.failure.exception),
        )

    async def release(
        self, attempts: Sequence[Attempt], delay_ms: int = 0, reason: str = ""
    ) -> list[Written]:
        """Hand back tasks that did not run."""
        leading = (max(0, delay_ms), record.word(reason))
        return await self._calls.each(
            "release", attempts, codec.attempt_items, codec.written, *leading
        )

    async def reap(self, limit: int) -> list[Reaped]:
        """Take up to ``limit`` expired leases away."""
        reaped: list[Reaped] = []
        while (left := limit - len(reaped)) > 0:
            wanted = min(BATCH, left)
            answer = await self._driver.run("reap", wanted, self._options.retention_ms)
            found = codec.rows(answer, codec.REAPED)
            reaped.extend(map(codec.reaped, found))
            if len(found) < wanted:
                break
        return reaped

    async def cancel(self, task_ids: Sequence[TaskId]) -> list[Cancelled]:
        """End tasks as CANCELLED; tell the owners of running ones."""
        kept = self._options.retention_ms
        return await self._calls.each("cancel", task_ids, codec.id_items, codec.cancelled, kept)

    # ------------------------------------------------------------ looking and waiting

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand."""
        return await self._reading.get(task_ids)

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes."""
        return await self._reading.outcomes(task_ids)

    async def wait(self, task_ids: Sequence[TaskId], timeout_s: float) -> frozenset[TaskId]:
        """Return those of the tasks that nobody need wait for, or nothing when time is up."""
        if timeout_s <= 0 or not task_ids:
            return await self._reading.ended(task_ids)
        return await self._endings.wait(frozenset(task_ids), timeout_s)

    def expect(self, task_id: TaskId) -> Expectation:
        """Begin to wait for a task that is about to be submitted."""
        return self._endings.expect(task_id)

    async def name_batch(self, wish: Idempotency, batch_id: BatchId) -> BatchId | None:
        """Bind an idempotency key to a batch."""
        return await self._batches.name(wish, batch_id)

    async def endings(
        self, batch_id: BatchId, first: int, limit: int, leave_out: int | None = None
    ) -> BatchPage | None:
        """Return how a batch stands and, in calls of BATCH, some of its tasks that have ended."""
        return await self._batches.endings(batch_id, first, limit, leave_out)

    async def ended(self, batch_id: BatchId, limit: int) -> list[int]:
        """Return the positions of the first tasks of a batch that ended."""
        return await self._batches.ended(batch_id, limit)

    async def next_endings(
        self,
        batch_id: BatchId,
        first: int,
        limit: int,
        timeout_s: float,
        leave_out: int | None = None,
    ) -> BatchPage | None:
        """Return as ``endings`` does, once there is something to tell, or when time is up."""
        return await self._batches.next_endings(batch_id, first, limit, timeout_s, leave_out)

    def long_results(
        self, batch_id: BatchId, endings: Sequence[Ending]
    ) -> AsyncGenerator[bytes | None]:
        """Bring the results that were left out of ``endings``, some ahead of the others."""
        return self._batches.long_results(batch_id, endings)

    def wake(self) -> None:
        """Let whoever waits for tasks return, now and from now on."""
        self._endings.leave()

    async def listen(self, owner: str, timeout_s: float, credit: Credit | None = None) -> Hint:
        """Wait for a hint to ``owner``: cancels and tasks go before work."""
        return await self._hints.listen(record.word(owner), timeout_s, credit)

    async def hush(self, owner: str) -> Hint:
        """Take the credit of ``owner`` back, and let its ``listen`` return."""
        return await self._hints.hush(record.word(owner))

    async def ping(self) -> str:
        """Return "connected", or raise StoreUnavailable with the reason.

        A server that would refuse writes (full, read-only, out of disk) still answers PING, so
        it is asked for a write that changes nothing.
        """
        await claim_layout(self._driver, self._keys)
        return "connected"

    async def close(self) -> None:
        """Give back all connections and wake whoever waits; may be repeated."""
        await self.events.close()
        await self._endings.close()
        await self._blocking.close()
        await self._driver.close()
