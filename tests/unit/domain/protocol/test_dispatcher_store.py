"""A store that refuses, a dispatcher that leaves, and ticks that never spin."""

import pytest

from gofer.domain.identifiers import Attempt
from gofer.domain.policy import STORE_BACKOFF_MS, Charge, Requeue
from gofer.domain.ports import Completion, Defeat
from gofer.domain.protocol.effects import (
    CallAdopt,
    CallClaim,
    CallListen,
    CallMuster,
    CallReap,
    CallRecord,
    CallRelease,
    CallRenew,
    CallStart,
    StoreCall,
)
from gofer.domain.protocol.messages import Orders
from gofer.domain.task import Cause, Failure
from tests.support.simulation.benches import DONE, FUNCTION, WORKER, DispatcherBench, attempt, lease

ALL_CALLS = (
    CallAdopt,
    CallClaim,
    CallListen,
    CallReap,
    CallRecord,
    CallRelease,
    CallRenew,
    CallStart,
)


def drained(bench: DispatcherBench) -> bool:
    for _ in bench.take(CallMuster):
        bench.does(bench.core.mustered((), bench.now))
    bench.hears_out()
    return bench.core.drained


def refuse(bench: DispatcherBench, kind: type[StoreCall]) -> StoreCall:
    call = bench.one(kind)
    bench.does(bench.core.failed(call, bench.now))
    return call


def test_an_outcome_that_the_store_refused_is_written_again_after_a_pause() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    refuse(bench, CallRecord)
    assert bench.take(CallRecord) == []
    assert attempt() in bench.core.in_hand()
    bench.tick(STORE_BACKOFF_MS[0])
    assert bench.records() == (Completion(attempt(), WORKER, DONE),)
    assert attempt() not in bench.core.in_hand()


def test_pauses_grow_while_the_store_is_away_and_end_with_its_first_answer() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    pauses: list[float] = []
    for _ in range(7):
        refuse(bench, CallRecord)
        refused_ms = bench.now
        while not any(isinstance(effect, CallRecord) for effect in bench.waiting):
            bench.now = bench.core.next_tick_ms(bench.now)
            bench.tick()
        pauses.append(bench.now - refused_ms)
    assert pauses == [90, 180, 360, 720, 1_440, 1_800, 1_800]
    bench.records()
    assert bench.core.in_hand() == []


def test_a_refused_start_is_noted_again_and_its_task_waits_for_it() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.claims(lease(number=2))
    refuse(bench, CallStart)
    assert bench.assigned() == []
    bench.tick(STORE_BACKOFF_MS[0])
    bench.notes_starts()
    assert bench.assigned() == [attempt(number=2)]


def test_a_refused_release_is_made_again_with_its_delay_and_reason() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, window=0, started=[attempt()], returned=[attempt()])
    first = refuse(bench, CallRelease)
    bench.tick(STORE_BACKOFF_MS[0])
    assert bench.one(CallRelease) == first


def test_a_refused_claim_is_made_again() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    refuse(bench, CallClaim)
    bench.tick(STORE_BACKOFF_MS[0])
    assert bench.one(CallClaim) == CallClaim(((FUNCTION.environment.tag, 1),))


def test_workers_go_on_while_the_store_is_away() -> None:
    """Nobody else can take their leases either, so they need not stop."""
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.said(Orders)
    bench.tick(bench.timers.renew_ms)
    refuse(bench, CallRenew)
    bench.now += 20_000
    bench.report(session)
    assert [orders.lease_ms for orders in bench.said(Orders)] == [bench.timers.lease_ms]


def test_outcomes_that_cannot_be_recorded_now_are_answered_all_the_same() -> None:
    """Else a worker that has something to say all the time would think the dispatcher silent."""
    bench = DispatcherBench()
    session = bench.gives(lease(), lease(task=1))
    bench.said(Orders)
    bench.report(session, finished={attempt(): DONE})
    assert bench.said(Orders) == []
    refuse(bench, CallRecord)
    bench.report(session, finished={attempt(1): DONE})
    assert [(orders.echo, orders.recorded) for orders in bench.said(Orders)] == [(2, ())]


def test_leases_shrink_until_their_renewal_is_answered() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.said(Orders)
    bench.tick(bench.timers.renew_ms)
    bench.one(CallRenew)
    bench.now += 1_000
    bench.report(session)
    (orders,) = bench.said(Orders)
    assert orders.lease_ms == bench.timers.lease_ms - bench.timers.renew_ms - 1_000
    bench.does(bench.core.renewed([], bench.now))
    bench.report(session)
    assert bench.said(Orders)[0].lease_ms == bench.timers.lease_ms - 1_000


def test_a_failure_is_recorded_as_the_budget_allows() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    death = Failure(Cause.SIGNAL, "Killed", "signal 9", signal=9)
    bench.report(session, finished={attempt(): death})
    assert bench.records() == (Defeat(attempt(), WORKER, death, Requeue(Charge.STRIKE, 1_000)),)


def test_a_retry_is_claimed_when_its_delay_is_over() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): Failure(Cause.EXIT, "Exit", "3", exit_code=3)})
    bench.claims()
    bench.records()
    assert bench.take(CallClaim) == []
    bench.live(1_000)
    assert bench.take(CallClaim) != []


# ---------------------------------------------------------------- leaving


def test_a_draining_dispatcher_claims_nothing_and_hands_back_what_no_worker_has() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello(window=2)
    call = bench.one(CallClaim)
    bench.does(bench.core.drain(bench.now))
    assert not drained(bench)
    bench.waiting.append(call)
    bench.claims(lease(), lease(number=2, task=1))
    assert bench.take(CallStart) == []
    released: list[Attempt] = []
    while not drained(bench):
        release = bench.one(CallRelease)
        released += release.attempts
        bench.does(bench.core.released(release, bench.now))
    assert released == [attempt(), attempt(number=2, task=1)]
    assert bench.assigned() == []
    bench.live(60_000)
    assert bench.take(CallClaim) == []


def test_a_draining_dispatcher_records_what_it_knows_and_leaves_the_rest_to_another() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(), lease(task=1))
    bench.report(session, window=2, finished={attempt(): DONE})
    bench.does(bench.core.drain(bench.now))
    assert bench.one(CallRenew).attempts == (attempt(task=1), attempt())
    assert not drained(bench)
    bench.records()
    assert not drained(bench)
    bench.claims()
    assert drained(bench)
    assert bench.core.in_hand() == [attempt(task=1)]


@pytest.mark.parametrize("kind", [CallClaim, CallReap, CallListen])
def test_a_store_that_is_away_is_asked_gently(kind: type[StoreCall]) -> None:
    bench = DispatcherBench()
    bench.hello()
    asked = 0
    end = bench.now + 60_000
    while bench.now < end:
        for call in [e for e in bench.waiting if isinstance(e, ALL_CALLS)]:
            asked += isinstance(call, kind)
            bench.waiting.remove(call)
            bench.does(bench.core.failed(call, bench.now))
        bench.now = max(bench.now, bench.core.next_tick_ms(bench.now))
        for member in bench.core.workers.values():
            bench.report(member.session)
        bench.tick()
    assert 10 < asked < 80
