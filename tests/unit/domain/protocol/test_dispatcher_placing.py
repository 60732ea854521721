"""Claims, placing, environments, and what goes out in Orders."""

from dataclasses import replace

import pytest

from gofer.domain.function import Function, content_digest
from gofer.domain.identifiers import FunctionId, Session, WorkerId, uuid7
from gofer.domain.policy import CARRIED_BYTES
from gofer.domain.ports import Claim, Completion, Defeat, Hint, Leased
from gofer.domain.protocol import member as member_module
from gofer.domain.protocol.effects import CallClaim, CallRelease, CallRenew, CallStart, Note
from gofer.domain.protocol.messages import Orders
from gofer.domain.task import Budget, Cause, Spent
from tests.support.simulation.benches import (
    DONE,
    FUNCTION,
    WORKER,
    DispatcherBench,
    attempt,
    lease,
)
from tests.support.simulation.plan import ENVIRONMENTS, FUNCTIONS

OTHER = WorkerId("w2")


def foreign(number: int = 1, task: int = 0) -> Leased:
    """Return a task that only workers of the other environment can run."""
    return Leased(attempt(number, task), FUNCTIONS[1].id, b"args", 1, Budget(), Spent())


def test_without_room_nothing_is_claimed() -> None:
    bench = DispatcherBench()
    bench.tick()
    assert bench.take(CallClaim) == []


def test_as_much_is_claimed_as_the_workers_granted() -> None:
    bench = DispatcherBench()
    bench.hello(window=3)
    assert bench.one(CallClaim) == CallClaim(((FUNCTION.environment.tag, 3),))


def test_room_that_comes_free_is_claimed_for_again_when_there_was_more() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    assert bench.one(CallClaim) == CallClaim(((FUNCTION.environment.tag, 1),))


def test_a_choice_is_told_at_debug_level() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    notes = [str(note) for note in bench.take(Note) if note.level == "debug"]
    assert notes == ["task-0#1 to w1: least loaded of 1: 0 in hand, 1 slots, window 1"]


def test_a_function_travels_once_a_session() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    bench.claims(lease(task=1))
    bodies = [orders.functions for orders in bench.said(Orders) if orders.assign]
    assert [len(each) for each in bodies] == [1, 0]
    bench.hello(session=Session(session.incarnation, 1))
    bench.records()
    bench.claims(lease(task=2))
    assert [len(orders.functions) for orders in bench.said(Orders) if orders.assign] == [1]


def test_two_functions_of_one_content_travel_as_one() -> None:
    bench = DispatcherBench()
    twin = Function(
        FunctionId(uuid7(9, 9)),
        "twin",
        FUNCTION.payload,
        content_digest(FUNCTION.payload),
        FUNCTION.environment,
        0,
    )
    bench.tick()
    bench.hello(window=2)
    second = Leased(attempt(task=1), twin.id, b"args", 1, Budget(), Spent())
    bench.claims(lease(), second, functions=[FUNCTION, twin])
    (orders,) = [orders for orders in bench.said(Orders) if orders.assign]
    assert len(orders.assign) == 2
    assert len(orders.functions) == 1


def test_orders_are_cut_by_bytes_and_nothing_is_lost_or_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(member_module, "ORDERS_BYTES", 10)
    bench = DispatcherBench()
    bench.gives(*(lease(task=n) for n in range(5)))
    parts = [orders for orders in bench.said(Orders) if orders.assign]
    assert [len(orders.assign) for orders in parts] == [1, 2, 2]
    assert [orders.serial for orders in parts] == [1, 2, 3]
    assert [len(orders.functions) for orders in parts] == [1, 0, 0]
    assert [a.attempt.task_id for o in parts for a in o.assign] == [f"task-{n}" for n in range(5)]


def test_a_task_without_a_function_has_failed() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.claims(lease(), functions=[])
    (record,) = bench.records()
    assert isinstance(record, Defeat)
    assert (record.failure.cause, record.requeue) == (Cause.INCOMPATIBLE, None)


# ---------------------------------------------------------------- nobody can take it


def test_a_task_that_no_message_has_room_for_has_failed() -> None:
    """Sent, it would break the session of whoever gets it, again and again."""
    bench = DispatcherBench()
    bench.tick()
    bench.hello(window=2)
    large = replace(FUNCTION, payload=bytes(CARRIED_BYTES - 3))
    bench.claims(lease(), lease(task=1)._replace(payload=b"abc"), functions=[large])
    (record,) = bench.records()
    assert isinstance(record, Defeat)
    assert (record.attempt, record.failure.cause) == (attempt(), Cause.TOO_LARGE)
    assert record.requeue is None
    assert bench.assigned() == [attempt(task=1)]


def test_tasks_of_an_environment_that_nobody_offers_are_not_claimed() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello(window=2)
    assert bench.one(CallClaim).wants == ((ENVIRONMENTS[0].tag, 2),)


def test_each_environment_is_claimed_for_as_its_workers_have_room() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.hello(worker=OTHER, environment=1, window=3, peer=b"p2")
    assert bench.one(CallClaim).wants == ((ENVIRONMENTS[1].tag, 3),)


def test_that_tasks_wait_for_an_environment_that_nobody_offers_is_said_once() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello(window=2)
    bench.take(Note)
    for _ in range(3):
        bench.take(CallClaim)
        claim = Claim((), None, elsewhere=(ENVIRONMENTS[1].tag,))
        bench.does(bench.core.claimed(claim, {}, bench.now))
    (note,) = bench.take(Note)
    assert note.level == "warning"
    assert ENVIRONMENTS[1].tag in str(note)


def test_a_task_whose_workers_left_while_it_was_claimed_goes_back_with_the_reason() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.claims(foreign())
    release = bench.one(CallRelease)
    assert (release.attempts, release.delay_ms) == ((attempt(),), 0)
    assert ENVIRONMENTS[1].tag in release.reason
    assert ENVIRONMENTS[0].tag in release.reason


def test_a_task_that_nobody_can_run_is_not_noted_as_begun() -> None:
    """It would be charged a loss if the dispatcher died just then."""
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.claims(foreign(number=2))
    assert bench.take(CallStart) == []
    assert bench.one(CallRelease).attempts == (attempt(number=2),)


def test_what_nobody_has_room_for_goes_to_the_head_of_the_queue() -> None:
    bench = DispatcherBench()
    bench.tick()
    session = bench.hello(window=2)
    bench.take(CallClaim)
    bench.report(session, window=1)
    claim = Claim((lease(), lease(task=1)), None)
    functions = {FUNCTION.id: FUNCTION}
    bench.does(bench.core.claimed(claim, functions, bench.now))
    assert bench.assigned() == [attempt()]
    release = bench.one(CallRelease)
    assert (release.attempts, release.delay_ms) == ((attempt(task=1),), 0)


def test_the_load_is_spread_over_the_workers() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello(slots=2, window=2)
    bench.hello(worker=OTHER, slots=2, window=2, peer=b"p2")
    bench.take(CallClaim)
    claim = Claim(tuple(lease(task=n) for n in range(4)), None)
    bench.does(bench.core.claimed(claim, {FUNCTION.id: FUNCTION}, bench.now))
    shares = [len(orders.assign) for orders in bench.said(Orders) if orders.assign]
    assert shares == [2, 2]


def test_an_outcome_is_recorded_for_the_worker_that_made_it() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    assert bench.records() == (Completion(attempt(), WORKER, DONE),)


def test_what_was_claimed_before_a_long_stop_waits_until_its_lease_is_renewed() -> None:
    """Found by a seed: the worker got a lease that was over, and let go of the task at once."""
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.now += bench.timers.lease_ms
    bench.claims(lease())
    assert bench.assigned() == []
    assert bench.one(CallRenew).attempts == (attempt(),)
    bench.does(bench.core.renewed([], bench.now))
    assert bench.assigned() == [attempt()]


def test_a_stop_is_noticed_even_if_what_was_due_meanwhile_was_done_before_the_answer_came() -> None:
    """Found by stopping a dispatcher: it renewed nothing, and took its claim for renewed."""
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.tick(bench.timers.lease_ms)
    bench.claims(lease())
    assert bench.assigned() == []
    bench.does(bench.core.renewed([attempt()], bench.now))
    assert bench.assigned() == []
    assert bench.core.in_hand() == []


def test_a_task_that_must_not_run_twice_is_noted_first_though_its_worker_came_later() -> None:
    """Found by a seed: it was claimed when nobody could run it, and kept until somebody could."""
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.now += bench.timers.lease_ms
    bench.bye(Session(f"{WORKER}.1", 0))
    bench.claims(lease(budget=Budget(redeliveries=0)))
    bench.hello(session=Session(f"{WORKER}.2", 0))
    bench.one(CallRenew)
    bench.does(bench.core.renewed([], bench.now))
    assert bench.assigned() == []
    assert bench.notes_starts() == (attempt(),)
    assert bench.assigned() == [attempt()]


# ---------------------------------------------------------------- after standing still


def claims_late(*, ticks: bool = False) -> DispatcherBench:
    """Return a dispatcher that stood still between its claim and the answer, for a lease.

    ``ticks``: what was due meanwhile is done before the answer is read.
    """
    bench = DispatcherBench()
    bench.hello()
    bench.tick(bench.timers.lease_ms if ticks else 0)
    bench.now += 0 if ticks else bench.timers.lease_ms
    bench.claims(lease())
    return bench


@pytest.mark.parametrize("ticks", [False, True])
def test_a_claim_that_may_be_over_is_given_to_nobody_before_it_is_renewed(*, ticks: bool) -> None:
    bench = claims_late(ticks=ticks)
    assert bench.assigned() == []
    assert bench.one(CallRenew) == CallRenew((attempt(),))
    bench.does(bench.core.renewed([], bench.now))
    assert bench.assigned() == [attempt()]


def test_a_claim_that_is_over_is_given_to_nobody() -> None:
    bench = claims_late()
    bench.does(bench.core.renewed([attempt()], bench.now))
    assert bench.assigned() == []
    assert bench.core.in_hand() == []


def test_a_renewal_that_did_not_know_of_a_late_claim_does_not_count_for_it() -> None:
    bench = DispatcherBench()
    bench.hello(window=2)
    bench.claims(lease())
    assert bench.assigned() == [attempt()]
    bench.does(bench.core.hinted(Hint(), bench.now))
    bench.tick(bench.timers.lease_ms)
    assert bench.one(CallRenew) == CallRenew((attempt(),))
    bench.claims(lease(task=1))
    bench.does(bench.core.renewed([], bench.now))
    assert bench.assigned() == []
    assert bench.one(CallRenew) == CallRenew((attempt(), attempt(task=1)))
    bench.does(bench.core.renewed([attempt(task=1)], bench.now))
    assert bench.assigned() == []
