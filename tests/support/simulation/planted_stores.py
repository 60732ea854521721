"""Planted bugs of the store: the memory store's transitions, each wrong in one thing."""

from collections.abc import Sequence

import pytest

from gofer.adapters.memory import steps, transitions
from gofer.adapters.memory.record import Record
from gofer.adapters.memory.records import Records
from gofer.adapters.memory.steps import Moment
from gofer.domain.identifiers import Attempt
from gofer.domain.ports import Completion, Leased, Written
from gofer.domain.task import TaskEvent, TaskStatus
from tests.support.simulation.rules import Rule
from tests.support.simulation.watched import WatchedStore
from tests.support.simulation.world import Cores

EARLY_MS = 3_000.0


def forgets_idempotency_keys(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def forget_keys(self: Records, now: float) -> None:
        right(self, now)
        self.keys.clear()

    right = Records.forget_keys
    monkeypatch.setattr(Records, "forget_keys", forget_keys)
    return Cores()


def drops_the_fence(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def fenced(
        records: Records, attempt: Attempt, verb: TaskEvent
    ) -> tuple[Record | None, Written]:
        record = records.tasks.get(attempt.task_id)
        if verb is TaskEvent.COMPLETE and record and record.status is TaskStatus.RUNNING:
            return record, Written.RECORDED
        return right(records, attempt, verb)

    right = steps.fenced
    monkeypatch.setattr(steps, "fenced", fenced)
    return Cores()


def records_over_an_outcome(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def complete(records: Records, completion: Completion, now: Moment) -> Written:
        answer = right(records, completion, now)
        record = records.tasks.get(completion.attempt.task_id)
        if answer is Written.STALE and record is not None and record.status.is_terminal:
            record.outcome = completion.success
        return answer

    right = transitions.complete
    monkeypatch.setattr(transitions, "complete", complete)
    return Cores()


def queues_a_task_twice(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def push(self: Records, record: Record, due: float | None, *, head: bool) -> None:
        right(self, record, due, head=head)
        if due is not None and record.attempt is not None:
            right(self, record, None, head=head)
            record.due = due

    right = Records.push
    monkeypatch.setattr(Records, "push", push)
    return Cores()


def loses_what_is_handed_back(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def push_heads(records: Records, heads: list[Record]) -> None:
        right(records, heads[1:])

    right = transitions.push_heads
    monkeypatch.setattr(transitions, "push_heads", push_heads)
    return Cores()


def reaps_too_early(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def pop_expired(self: Records, now: float) -> Record | None:
        return right(self, now + EARLY_MS)

    right = Records.pop_expired
    monkeypatch.setattr(Records, "pop_expired", pop_expired)
    return Cores()


def gives_an_attempts_number_out_again(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def back(records: Records, record: Record, event: TaskEvent, now: Moment) -> None:
        right(records, record, event, now)
        if event is TaskEvent.RELEASE and record.attempt is not None:
            attempt = record.attempt
            record.attempt = Attempt(attempt.task_id, attempt.number - 1, attempt.token)

    right = steps.back
    monkeypatch.setattr(steps, "back", back)
    return Cores()


class TrustingStore(WatchedStore):
    """Adopts by the task alone, whichever attempt is shown."""

    async def adopt(
        self, owner: str, attempts: Sequence[Attempt], lease_ms: int
    ) -> list[Leased | None]:
        current = [self._current(attempt) for attempt in attempts]
        leases = await super().adopt(owner, current, lease_ms)
        return [
            None if lease is None else lease._replace(attempt=shown)
            for shown, lease in zip(attempts, leases, strict=True)
        ]

    def _current(self, attempt: Attempt) -> Attempt:
        record = self.record(attempt.task_id)
        return attempt if record is None or record.attempt is None else record.attempt


def adopts_without_a_look_at_the_token(_: pytest.MonkeyPatch) -> Cores:
    return Cores(store=TrustingStore)


class ForgivingStore(WatchedStore):
    """Renews whatever it is shown, and never says that a lease is lost."""

    async def renew(self, attempts: Sequence[Attempt], lease_ms: int) -> list[Attempt]:
        await super().renew(attempts, lease_ms)
        return []


def does_not_tell_that_a_lease_is_lost(_: pytest.MonkeyPatch) -> Cores:
    return Cores(store=ForgivingStore)


STORES = (
    (forgets_idempotency_keys, Rule.ONCE),
    (drops_the_fence, Rule.TRUE_OUTCOME),
    (records_over_an_outcome, Rule.FINAL),
    (queues_a_task_twice, Rule.ONE_PLACE),
    (loses_what_is_handed_back, Rule.ONE_PLACE),
    (reaps_too_early, Rule.LEASE_HOLDS),
    (gives_an_attempts_number_out_again, Rule.ATTEMPTS_GROW),
    (adopts_without_a_look_at_the_token, Rule.ONE_LEASE),
    (does_not_tell_that_a_lease_is_lost, Rule.ONE_LEASE),
)
