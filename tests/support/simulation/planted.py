"""Planted bugs: cores and stores that are wrong on purpose, each in one thing.

``pins.py`` names seeds that find each of them; a simulation that finds none of them proves
nothing. The last two of the dispatcher are bugs that it really had, put back as they were.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from gofer.domain.identifiers import Attempt, WorkerId
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Completion, Defeat, Ended, ExecutorEvent, Leased
from gofer.domain.protocol import intake, reception, verdicts
from gofer.domain.protocol.agenda import Agenda
from gofer.domain.protocol.crew import Crew
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import (
    CallRecord,
    CallRelease,
    CallStart,
    DispatcherEffect,
    WorkerEffect,
)
from gofer.domain.protocol.ledger import Ledger
from gofer.domain.protocol.member import Holding, Member
from gofer.domain.protocol.messages import Orders, Report
from gofer.domain.protocol.orphans import Orphans
from gofer.domain.protocol.outbox import Outbox
from gofer.domain.protocol.reception import Reception
from gofer.domain.protocol.reports import Reports
from gofer.domain.protocol.tenure import Tenure
from gofer.domain.protocol.worker import WorkerCore
from gofer.domain.task import Cause, Outcome
from tests.support.simulation.plan import Plan, plan_of, trickle
from tests.support.simulation.planted_stores import STORES
from tests.support.simulation.rules import Rule
from tests.support.simulation.world import Cores

Plant = Callable[[pytest.MonkeyPatch], Cores]


@dataclass(frozen=True, slots=True)
class Bug:
    """How it is planted, by which rule it must be found out, and in which kind of plans."""

    plant: Plant
    rule: Rule
    plans: Callable[[int], Plan] = plan_of

    @property
    def name(self) -> str:
        """Return what it does, in words."""
        return self.plant.__name__


# ---------------------------------------------------------------- of the worker


def forgets_an_outcome_that_is_not_recorded(_: pytest.MonkeyPatch) -> Cores:
    class Forgetful(WorkerCore):
        def _report(self, now: float) -> None:
            super()._report(now)
            for attempt in self._outbox.unrecorded():
                self._outbox.recorded([attempt])

    return Cores(worker=Forgetful)


def does_not_tell_again_what_has_ended(_: pytest.MonkeyPatch) -> Cores:
    class Secretive(WorkerCore):
        def held(self) -> list[Attempt]:
            return self._satchel.attempts()

    return Cores(worker=Secretive)


def forgets_its_outbox_when_it_connects_again(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def epoch_raised(self: Outbox) -> None:
        right(self)
        for attempt in self.unrecorded():
            self.forget(attempt)

    right = Outbox.epoch_raised
    monkeypatch.setattr(Outbox, "epoch_raised", epoch_raised)
    return Cores()


def leaves_with_outcomes_in_its_hands(_: pytest.MonkeyPatch) -> Cores:
    class Hurried(WorkerCore):
        def _leave(self, now: float) -> None:
            self._leave_by_ms = now
            super()._leave(now)

    return Cores(worker=Hurried)


def runs_orders_that_come_twice(_: pytest.MonkeyPatch) -> Cores:
    class Credulous(WorkerCore):
        def _on_orders(self, orders: Orders, now: float) -> None:
            talk = self._talk
            last = talk._serial  # pyright: ignore[reportPrivateUsage]
            talk._serial = min(last, orders.serial - 1)  # pyright: ignore[reportPrivateUsage]
            super()._on_orders(orders, now)
            talk._serial = max(last, talk._serial)  # pyright: ignore[reportPrivateUsage]

    return Cores(worker=Credulous)


def lets_tasks_run_on_when_it_is_cut_off(_: pytest.MonkeyPatch) -> Cores:
    class Stubborn(WorkerCore):
        def _cut_off(self, now: float) -> None:
            self._tenure.end_ms = now + 1_000_000.0

    return Cores(worker=Stubborn)


def begins_what_may_be_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def lasts(self: Tenure, heard_ms: float, lease_ms: int) -> None:
        right(self, heard_ms, lease_ms)
        self.doubted()

    right = Tenure.lasts
    monkeypatch.setattr(Tenure, "lasts", lasts)
    return Cores()


def blames_the_neighbours_of_a_dead_child(_: pytest.MonkeyPatch) -> Cores:
    class Unjust(WorkerCore):
        def executed(self, events: Sequence[ExecutorEvent], now: float) -> list[WorkerEffect]:
            deaths = [e for e in events if isinstance(e, Ended) and _died(e.outcome)]
            running = [attempt for attempt, _ in self._satchel.running()]
            blamed = [Ended(a, deaths[0].outcome) for a in running if deaths]
            return super().executed([*events, *blamed], now)

    return Cores(worker=Unjust)


def _died(outcome: Outcome) -> bool:
    return getattr(outcome, "cause", None) in {Cause.EXIT, Cause.SIGNAL}


# ---------------------------------------------------------------- of the dispatcher


def acknowledges_before_it_records(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def settle(self: Reports, worker: WorkerId, holding: Holding, outcome: Outcome) -> None:
        right(self, worker, holding, outcome)
        self._crew.acknowledge(worker, [holding.attempt])  # pyright: ignore[reportPrivateUsage]

    right = Reports._settle  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(Reports, "_settle", settle)
    return Cores()


def keeps_leases_of_a_lost_worker_renewed(monkeypatch: pytest.MonkeyPatch) -> Cores:
    class Faithful(DispatcherCore):
        def in_hand(self) -> list[Attempt]:
            return [*super().in_hand(), *kept]

    def lose(self: Reception, member: Member, why: str) -> list[DispatcherEffect]:
        kept.update(member.in_hand)
        member.in_hand = {}
        return right(self, member, why)

    kept: dict[Attempt, Holding] = {}
    right = Reception.lose
    monkeypatch.setattr(Reception, "lose", lose)
    return Cores(dispatcher=Faithful)


def calls_the_loss_of_a_worker_the_tasks_own_fault(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def lost(
        worker: WorkerId, holding: Holding, why: str, jitter: Callable[[], float]
    ) -> Completion | Defeat:
        record = right(worker, holding, why, jitter)
        if isinstance(record, Defeat) and record.requeue is not None:
            return replace(record, requeue=Requeue(Charge.STRIKE, 0))
        return record

    right = verdicts.lost
    monkeypatch.setattr(reception, "lost", lost)
    return Cores()


def charges_a_loss_before_the_start(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def lost(
        worker: WorkerId, holding: Holding, why: str, jitter: Callable[[], float]
    ) -> Completion | Defeat:
        return right(worker, replace(holding, started=True), why, jitter)

    right = verdicts.lost
    monkeypatch.setattr(reception, "lost", lost)
    return Cores()


def ignores_gaps(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def follows(self: Member, report: Report) -> bool | None:
        return True if report.seq > self.seq else None

    monkeypatch.setattr(Member, "follows", follows)
    return Cores()


def frees_a_window_twice(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def update(self: Crew, member: Member, *, answer: bool) -> None:
        right(self, member, answer=answer)
        roster = self._roster  # pyright: ignore[reportPrivateUsage]
        roster.update(member.worker, member.window, max(0, len(member.in_hand) - 1))

    right = Crew.update
    monkeypatch.setattr(Crew, "update", update)
    return Cores()


def drops_what_the_store_refused(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def undone(self: Ledger, call: CallRecord | CallStart | CallRelease) -> None:
        self.done(call)

    monkeypatch.setattr(Ledger, "undone", undone)
    return Cores()


def lets_a_task_run_without_noting_it_first(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def was_tried_before(leased: Leased) -> bool:
        return leased.attempt.number > 1

    monkeypatch.setattr(intake, "is_noted_first", was_tried_before)
    monkeypatch.setattr(reception, "is_noted_first", was_tried_before)
    return Cores()


def hands_back_what_its_workers_run(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def known(_: Orphans) -> set[Attempt]:
        return set()

    monkeypatch.setattr(Orphans, "_known", known)
    return Cores()


def forgets_a_hint_while_it_claims(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def hinted(self: Agenda, *, handed: bool = False) -> None:
        covered = set[str]()
        if self._claiming:  # pyright: ignore[reportPrivateUsage]
            covered |= self._covered  # pyright: ignore[reportPrivateUsage]
        right(self, handed=handed)
        self._covered |= covered  # pyright: ignore[reportPrivateUsage]

    right = Agenda.hinted
    monkeypatch.setattr(Agenda, "hinted", hinted)
    return Cores()


BUGS = (
    Bug(forgets_an_outcome_that_is_not_recorded, Rule.KEPT),
    Bug(does_not_tell_again_what_has_ended, Rule.KEPT),
    Bug(forgets_its_outbox_when_it_connects_again, Rule.KEPT),
    Bug(leaves_with_outcomes_in_its_hands, Rule.KEPT),
    Bug(runs_orders_that_come_twice, Rule.ONE_RUN),
    Bug(lets_tasks_run_on_when_it_is_cut_off, Rule.SELF_FENCE),
    Bug(begins_what_may_be_somebody_elses, Rule.STILL_OURS),
    Bug(blames_the_neighbours_of_a_dead_child, Rule.BLAME),
    Bug(acknowledges_before_it_records, Rule.RECORDED_FIRST),
    Bug(keeps_leases_of_a_lost_worker_renewed, Rule.LIVENESS),
    Bug(calls_the_loss_of_a_worker_the_tasks_own_fault, Rule.BLAME),
    Bug(charges_a_loss_before_the_start, Rule.BLAME),
    Bug(ignores_gaps, Rule.LIVENESS),
    Bug(frees_a_window_twice, Rule.CREDIT),
    Bug(drops_what_the_store_refused, Rule.LIVENESS),
    Bug(lets_a_task_run_without_noting_it_first, Rule.BUDGET),
    Bug(hands_back_what_its_workers_run, Rule.BUDGET),
    Bug(forgets_a_hint_while_it_claims, Rule.PROMPT, trickle),
    *(Bug(plant, rule) for plant, rule in STORES),
)
