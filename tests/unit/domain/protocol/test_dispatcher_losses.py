"""Workers that are lost, tasks that come back, and who pays for it."""

import pytest

from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Defeat, Written
from gofer.domain.protocol.effects import CallRecord, CallRelease, CallStart
from gofer.domain.protocol.messages import Orders, Read
from gofer.domain.task import Budget, Cause
from tests.support.simulation.benches import DispatcherBench, attempt, lease

AT_MOST_ONCE = Budget(redeliveries=0)
OTHER = WorkerId("w2")


def next_epoch(session: Session) -> Session:
    return Session(session.incarnation, session.epoch + 1)


def lost_record(bench: DispatcherBench) -> Defeat:
    (record,) = bench.records()
    assert isinstance(record, Defeat)
    assert record.failure.cause is Cause.WORKER_LOST
    return record


def test_a_silent_worker_is_lost_and_what_it_had_not_begun_costs_nothing() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.live(bench.timers.silence_ms + 1_000)
    assert lost_record(bench).requeue == Requeue(Charge.NOTHING, 0)
    assert not bench.core.workers


def test_what_a_lost_worker_had_begun_costs_a_loss() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, started=[attempt()])
    assert bench.notes_starts() == (attempt(),)
    bench.loses(session)
    assert lost_record(bench).requeue == Requeue(Charge.LOSS, 0)


def test_a_task_that_was_tried_before_is_sent_only_after_its_start_is_noted() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.claims(lease(number=2))
    assert bench.assigned() == []
    assert bench.notes_starts() == (attempt(number=2),)
    assert bench.assigned() == [attempt(number=2)]


def test_a_task_that_was_tried_before_costs_a_loss_even_if_its_start_was_not_told() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2))
    bench.loses(session)
    assert lost_record(bench).requeue == Requeue(Charge.LOSS, 0)


def test_a_task_that_may_run_only_once_is_noted_before_its_very_first_attempt() -> None:
    bench = DispatcherBench()
    bench.tick()
    session = bench.hello()
    bench.claims(lease(budget=AT_MOST_ONCE))
    assert bench.assigned() == []
    bench.notes_starts()
    assert bench.assigned() == [attempt()]
    bench.loses(session)
    assert lost_record(bench).requeue is None


@pytest.mark.parametrize("answer", [Written.STALE, Written.GONE])
def test_a_task_whose_start_is_refused_is_dropped(answer: Written) -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.hello()
    bench.claims(lease(number=2))
    bench.notes_starts(answer)
    assert bench.said(Orders) == []
    assert bench.core.in_hand() == []


@pytest.mark.parametrize(
    ("number", "budget", "expected"),
    [
        (1, Budget(), Requeue(Charge.NOTHING, 0)),
        (2, Budget(), Requeue(Charge.LOSS, 0)),
        (1, AT_MOST_ONCE, None),
    ],
)
def test_an_adopted_attempt_that_was_noted_before_it_was_sent_counts_as_begun(
    number: int, budget: Budget, expected: Requeue | None
) -> None:
    bench = DispatcherBench()
    bench.tick()
    session = bench.hello(held=[attempt(number)])
    bench.adopts(lease(number, budget=budget))
    bench.loses(session)
    assert lost_record(bench).requeue == expected


@pytest.mark.parametrize("budget", [Budget(), AT_MOST_ONCE])
def test_a_worker_that_leaves_costs_nothing_whatever_was_still_on_its_way_to_it(
    budget: Budget,
) -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2, budget=budget))
    bench.bye(session)
    assert bench.one(CallRelease).attempts == (attempt(number=2),)
    assert bench.take(CallRecord) == []


def test_what_a_leaving_worker_could_not_deliver_is_lost() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(), lease(task=1))
    bench.bye(session, unrecorded=[attempt()])
    assert bench.one(CallRelease).attempts == (attempt(task=1),)
    assert lost_record(bench).requeue == Requeue(Charge.LOSS, 0)


def test_a_task_in_orders_that_were_lost_costs_nothing_even_if_its_start_was_noted() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2, budget=AT_MOST_ONCE))
    bench.hello(session=next_epoch(session), read=Read(0, 0))
    assert bench.one(CallRelease).attempts == (attempt(number=2),)
    assert bench.take(CallRecord) == []


def test_a_task_in_orders_that_were_read_and_that_is_not_held_is_lost() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2))
    bench.hello(session=next_epoch(session), read=Read(0, 1))
    assert lost_record(bench).requeue == Requeue(Charge.LOSS, 0)


def test_a_task_whose_return_was_lost_costs_nothing() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2))
    bench.hello(session=next_epoch(session), read=Read(0, 1), returned=[attempt(number=2)])
    assert bench.one(CallRelease).attempts == (attempt(number=2),)


def test_what_another_process_of_the_same_name_has_read_says_nothing_about_the_last_one() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2))
    bench.undeliverable()
    another = Session(f"{session.incarnation}+", 0)
    bench.hello(session=another, read=Read(0, 0))  # by the last one it would cost nothing
    assert lost_record(bench).requeue == Requeue(Charge.LOSS, 0)


def test_what_a_worker_hands_back_untouched_goes_to_another_under_the_same_attempt() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.hello(worker=OTHER, peer=b"p2")
    bench.said(Orders)
    bench.report(session, window=0, returned=[attempt()])
    (orders,) = [orders for orders in bench.said(Orders) if orders.assign]
    assert orders.session == Session(f"{OTHER}.1", 0)
    assert [each.attempt for each in orders.assign] == [attempt()]


def test_what_a_worker_hands_back_after_it_began_goes_to_the_queue() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.hello(worker=OTHER, peer=b"p2")
    bench.said(Orders)
    bench.report(session, window=0, started=[attempt()], returned=[attempt()])
    assert bench.assigned() == []
    assert bench.one(CallRelease).attempts == (attempt(),)


def test_a_lost_worker_is_charged_for_what_was_noted_and_handed_back_once_before() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(number=2))
    bench.report(session, window=0, returned=[attempt(number=2)])
    assert bench.one(CallRelease).attempts == (attempt(number=2),)
    (placed,) = bench.take(CallStart)
    assert (placed.attempts, placed.workers) == ((attempt(number=2),), ("w1",))
    assert bench.take(CallRecord) == []


def test_a_dispatcher_that_was_stopped_itself_calls_nobody_silent_for_that() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.live(2_000)
    bench.tick(60_000)
    assert bench.take(CallRecord) == []
    bench.report(session)
    bench.live(bench.timers.silence_ms - 1)
    assert bench.take(CallRecord) == []


def test_a_worker_that_stays_silent_after_the_dispatcher_was_stopped_is_lost() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.live(2_000)
    bench.tick(60_000)
    bench.live(bench.timers.silence_ms)
    assert lost_record(bench).requeue == Requeue(Charge.NOTHING, 0)
