"""What the store has leased to a dispatcher that does not know of it is found, and handed back."""

import pytest

from gofer.domain.identifiers import WorkerId
from gofer.domain.policy import STORE_BACKOFF_MS
from gofer.domain.ports import Claim, Hint
from gofer.domain.protocol.effects import (
    CallAudit,
    CallClaim,
    CallListen,
    CallRecord,
    CallRelease,
    StoreCall,
)
from tests.support.simulation.benches import DONE, FUNCTION, DispatcherBench, attempt, lease

HELD, ORPHAN = attempt(), attempt(task=1)


@pytest.fixture
def bench() -> DispatcherBench:
    """Give a dispatcher that has lost the answer of a claim and holds one task."""
    bench = DispatcherBench()
    bench.gives(lease())
    refuse(bench, CallListen)
    return bench


def refuse(bench: DispatcherBench, kind: type[StoreCall]) -> None:
    """Have a call fail, and wait until the store is asked again."""
    bench.does(bench.core.failed(bench.one(kind), bench.now))
    bench.tick(STORE_BACKOFF_MS[-1])


def finds(bench: DispatcherBench) -> None:
    """Answer the audit that is under way."""
    bench.one(CallAudit)
    bench.does(bench.core.audited([HELD, ORPHAN], bench.now))


def hints(bench: DispatcherBench) -> None:
    """Answer the listen that is under way: nothing was heard."""
    bench.one(CallListen)
    bench.does(bench.core.hinted(Hint(), bench.now))


def handed_back(bench: DispatcherBench) -> list[object]:
    return [each for call in bench.take(CallRelease) for each in call.attempts]


def test_what_nobody_holds_is_handed_back_once_nothing_is_on_its_way(
    bench: DispatcherBench,
) -> None:
    finds(bench)
    assert handed_back(bench) == []  # the listen that is under way may bring it
    hints(bench)
    bench.tick()
    assert handed_back(bench) == [ORPHAN]
    assert bench.core.in_hand() == [HELD]


def test_what_came_meanwhile_is_kept(bench: DispatcherBench) -> None:
    finds(bench)
    bench.one(CallListen)
    bench.does(bench.core.hinted(Hint(tasks=(lease(task=1),)), bench.now))
    bench.tick()
    assert handed_back(bench) == []


def test_a_claim_that_is_under_way_is_waited_for() -> None:
    bench = DispatcherBench()
    bench.tick()
    refuse(bench, CallListen)
    bench.hello(window=2, slots=2)
    finds(bench)
    hints(bench)
    bench.tick()
    assert handed_back(bench) == []
    bench.claims(lease(), lease(task=1))
    bench.tick()
    assert handed_back(bench) == []
    assert set(bench.core.in_hand()) == {HELD, ORPHAN}


def test_a_lost_answer_of_a_claim_is_looked_for() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    refuse(bench, CallClaim)
    assert bench.take(CallAudit) == [CallAudit()]


def test_a_claim_that_is_answered_in_part_is_looked_into() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello(window=2, slots=2)
    bench.one(CallClaim)
    claim = Claim((lease(),), in_part=True)
    bench.does(bench.core.claimed(claim, {FUNCTION.id: FUNCTION}, bench.now))
    assert bench.take(CallAudit) == [CallAudit()]


def test_what_an_arriving_worker_holds_is_not_handed_back(bench: DispatcherBench) -> None:
    """Its adoption may have been carried out, with the answer still on its way."""
    bench.one(CallListen)
    bench.does(bench.core.hinted(Hint(), bench.now))
    bench.hello(WorkerId("w2"), held=[ORPHAN], peer=b"p2")
    finds(bench)
    hints(bench)
    bench.tick()
    assert handed_back(bench) == []
    bench.adopts(lease(task=1))
    assert ORPHAN in bench.core.in_hand()


def test_what_is_being_written_is_not_handed_back(bench: DispatcherBench) -> None:
    assert bench.core.in_hand() == [HELD]
    session = bench.hello()
    bench.report(session, finished={HELD: DONE})
    bench.one(CallRecord)
    finds(bench)
    hints(bench)
    bench.claims()
    bench.tick()
    assert handed_back(bench) == [ORPHAN]


def test_an_audit_that_failed_is_made_again(bench: DispatcherBench) -> None:
    refuse(bench, CallAudit)
    assert bench.take(CallAudit) == [CallAudit()]


def test_nothing_is_audited_without_a_reason() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    hints(bench)
    bench.live(60_000)
    assert bench.take(CallAudit) == []


def test_whoever_drains_leaves_it_to_the_leases(bench: DispatcherBench) -> None:
    finds(bench)
    bench.does(bench.core.drain(bench.now))
    bench.hears_out()
    bench.tick()
    assert handed_back(bench) == []
