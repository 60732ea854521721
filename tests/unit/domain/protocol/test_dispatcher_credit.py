"""What the dispatcher does with tasks that are handed over to it, and with its credit."""

from gofer.domain.identifiers import FunctionId
from gofer.domain.ports import Claim, Hint, Leased
from gofer.domain.protocol.effects import (
    Brought,
    CallClaim,
    CallHush,
    CallListen,
    CallRecord,
    CallRelease,
    CallRenew,
)
from gofer.domain.protocol.messages import Orders
from gofer.domain.task import Cause
from tests.support.simulation.benches import DispatcherBench, attempt, lease
from tests.support.simulation.plan import ENVIRONMENTS, FUNCTIONS

KNOWN = {FunctionId(function.id): function for function in FUNCTIONS}


def idle(slots: int = 1) -> DispatcherBench:
    """Return a dispatcher whose worker has room, which has claimed all there was, and listens."""
    bench = DispatcherBench()
    bench.tick()
    bench.hello(slots=slots, window=slots)
    bench.take(CallListen)
    bench.claims()
    bench.does(bench.core.hinted(Hint(), bench.now))
    bench.claims()
    return bench


def hands(bench: DispatcherBench, *tasks: Leased, since_ms: float | None = None) -> None:
    """Hand tasks over with the hint that is listened for."""
    bench.one(CallListen)
    brought = Brought(KNOWN, bench.now if since_ms is None else since_ms)
    bench.does(bench.core.hinted(Hint(tasks=tasks), bench.now, brought))


def test_what_is_handed_over_is_sent_in_the_same_step_and_nothing_is_claimed() -> None:
    bench = idle(slots=2)
    hands(bench, lease())
    assert bench.assigned() == [attempt()]
    assert bench.take(CallClaim) == []


def test_credit_is_given_for_what_room_is_left() -> None:
    bench = idle(slots=2)
    assert bench.take(CallListen)[-1].wants == ((ENVIRONMENTS[0].tag, 2),)
    bench.waiting.append(CallListen(0.0))
    hands(bench, lease())
    assert bench.one(CallListen).wants == ((ENVIRONMENTS[0].tag, 1),)


def test_a_full_crew_gives_no_credit() -> None:
    bench = idle(slots=1)
    hands(bench, lease())
    assert bench.one(CallListen).wants == ()


def test_what_is_cancelled_and_handed_over_at_once_runs_nowhere() -> None:
    bench = idle()
    bench.one(CallListen)
    hint = Hint(cancelled=(attempt().task_id,), tasks=(lease(),))
    bench.does(bench.core.hinted(hint, bench.now, Brought(KNOWN, bench.now)))
    assert bench.assigned() == []
    assert bench.take(CallRelease) == []
    assert bench.core.in_hand() == []


def test_workers_learn_how_long_what_was_handed_over_is_leased_for_sure() -> None:
    bench = idle()
    bench.now += 1_500
    hands(bench, lease(), since_ms=bench.now - 1_500)
    (orders,) = bench.said(Orders)
    assert orders.lease_ms == bench.timers.lease_ms - 1_500


def test_what_was_leased_long_ago_is_renewed_before_anybody_gets_it() -> None:
    """The dispatcher stood still while it was handed over."""
    bench = idle()
    bench.now += bench.timers.lease_ms - bench.timers.fence_ms
    bench.take(CallRenew)
    hands(bench, lease(), since_ms=0.0)
    assert bench.assigned() == []
    assert bench.one(CallRenew).attempts == (attempt(),)
    bench.does(bench.core.renewed([], bench.now))
    assert bench.assigned() == [attempt()]


def test_what_nobody_has_room_for_goes_back() -> None:
    bench = idle()
    hands(bench, lease(), lease(task=1))
    assert bench.assigned() == [attempt()]
    assert bench.one(CallRelease).attempts == (attempt(task=1),)


def test_a_task_without_its_function_fails() -> None:
    bench = idle()
    bench.one(CallListen)
    bench.does(bench.core.hinted(Hint(tasks=(lease(),)), bench.now, Brought({}, bench.now)))
    (defeat,) = bench.one(CallRecord).defeats
    assert defeat.failure.cause is Cause.INCOMPATIBLE


def test_who_leaves_hands_back_what_comes_until_its_credit_is_taken_back() -> None:
    bench = idle(slots=4)
    bench.does(bench.core.drain(bench.now))
    bench.one(CallHush)
    hands(bench, lease())
    assert bench.assigned() == []
    assert not bench.core.drained
    last = Hint(tasks=(lease(task=1),))
    bench.does(bench.core.hushed(last, bench.now, Brought(KNOWN, bench.now)))
    released = [each for call in bench.take(CallRelease) for each in call.attempts]
    assert released == [attempt()]
    assert bench.take(CallClaim) == []


def test_a_dispatcher_claims_after_a_store_that_was_away_as_before() -> None:
    bench = idle()
    bench.does(bench.core.failed(bench.one(CallListen), bench.now))
    bench.live(bench.timers.poll_ms)
    assert bench.one(CallListen).wants == ((ENVIRONMENTS[0].tag, 1),)
    bench.does(bench.core.hinted(Hint(work=True), bench.now))
    assert bench.one(CallClaim).wants == ((ENVIRONMENTS[0].tag, 1),)
    bench.does(bench.core.claimed(Claim(()), {}, bench.now))
