"""The simulation finds bugs: cores that are wrong on purpose do not get through.

The last two are bugs that these cores really had, put back as they were.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest

from gofer.domain.identifiers import Attempt, WorkerId
from gofer.domain.ports import Leased
from gofer.domain.protocol import intake, reception
from gofer.domain.protocol.agenda import Agenda
from gofer.domain.protocol.crew import Crew
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import CallRecord, CallRelease, CallStart
from gofer.domain.protocol.ledger import Ledger
from gofer.domain.protocol.member import Holding, Member
from gofer.domain.protocol.messages import Orders, Report
from gofer.domain.protocol.worker import WorkerCore
from gofer.domain.task import Outcome
from tests.support.simulation.plan import Plan, plan_of, trickle
from tests.support.simulation.timeline import Violation
from tests.support.simulation.world import Cores, simulate

MOST_SEEDS = 300
"""Each planted bug must be found within these; the seeds named with it are tried first."""

Plant = Callable[[pytest.MonkeyPatch], Cores]


def forgets_an_outcome_that_is_not_recorded(_: pytest.MonkeyPatch) -> Cores:
    class Forgetful(WorkerCore):
        def _report(self, now: float) -> None:
            super()._report(now)
            for attempt in self._outbox.unrecorded():
                self._outbox.recorded(attempt)

    return Cores(worker=Forgetful)


def does_not_tell_again_what_has_ended(_: pytest.MonkeyPatch) -> Cores:
    class Secretive(WorkerCore):
        def held(self) -> list[Attempt]:
            return self._satchel.attempts()

    return Cores(worker=Secretive)


def runs_orders_that_come_twice(_: pytest.MonkeyPatch) -> Cores:
    class Credulous(WorkerCore):
        def _on_orders(self, orders: Orders, now: float) -> None:
            talk = self._talk
            last = talk._serial  # pyright: ignore[reportPrivateUsage]
            talk._serial = min(last, orders.serial - 1)  # pyright: ignore[reportPrivateUsage]
            super()._on_orders(orders, now)
            talk._serial = max(last, talk._serial)  # pyright: ignore[reportPrivateUsage]

    return Cores(worker=Credulous)


def acknowledges_before_it_records(_: pytest.MonkeyPatch) -> Cores:
    class Hasty(DispatcherCore):
        def _settle(self, worker: WorkerId, holding: Holding, outcome: Outcome) -> None:
            super()._settle(worker, holding, outcome)
            self._crew.acknowledge(worker, holding.attempt)

    return Cores(dispatcher=Hasty)


def ignores_gaps(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def follows(self: Member, report: Report) -> bool | None:
        return True if report.seq > self.seq else None

    monkeypatch.setattr(Member, "follows", follows)
    return Cores()


def frees_a_window_twice(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def update(self: Crew, member: Member) -> None:
        right(self, member)
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


# ---------------------------------------------------------------- bugs that were there


def lets_a_task_run_without_noting_it_first(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def was_tried_before(leased: Leased) -> bool:
        return leased.attempt.number > 1

    monkeypatch.setattr(intake, "is_noted_first", was_tried_before)
    monkeypatch.setattr(reception, "is_noted_first", was_tried_before)
    return Cores()


def forgets_a_hint_while_it_claims(monkeypatch: pytest.MonkeyPatch) -> Cores:
    def claimed(self: Agenda, now: float, *, more: bool, next_due_ms: int | None) -> None:
        right(self, now, more=more, next_due_ms=next_due_ms)
        self._work_hinted = more  # pyright: ignore[reportPrivateUsage]

    right = Agenda.claimed
    monkeypatch.setattr(Agenda, "claimed", claimed)
    return Cores()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("plant", "complaint", "plans", "first"),
    [
        (forgets_an_outcome_that_is_not_recorded, "forgot an outcome", plan_of, ()),
        (does_not_tell_again_what_has_ended, "forgot an outcome", plan_of, ()),
        (runs_orders_that_come_twice, "and again on", plan_of, (47, 85, 129)),
        (acknowledges_before_it_records, "is acknowledged, and not recorded", plan_of, ()),
        (ignores_gaps, "have not ended", plan_of, (28, 73)),
        (frees_a_window_twice, "in hand and granted", plan_of, ()),
        (drops_what_the_store_refused, "have not ended|yet there is", plan_of, (98,)),
        (lets_a_task_run_without_noting_it_first, "the budgets allow", plan_of, (16,)),
        (forgets_a_hint_while_it_claims, "had a free slot", trickle, ()),
    ],
)
def test_a_core_that_goes_wrong_is_found_out(
    plant: Plant,
    complaint: str,
    plans: Callable[[int], Plan],
    first: Sequence[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cores = plant(monkeypatch)
    with pytest.raises(Violation, match=complaint):
        _simulate_all(plans, first, cores)


def _simulate_all(plans: Callable[[int], Plan], first: Sequence[int], cores: Cores) -> None:
    for seed in _seeds(first):
        simulate(plans(seed), cores)


def _seeds(first: Sequence[int]) -> Iterator[int]:
    yield from first
    yield from range(MOST_SEEDS)
