"""Workers that join, come back, are taken over, or have to wait for the store."""

import pytest

from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.ports import Completion, Defeat, Hint
from gofer.domain.protocol.effects import CallAdopt, CallRecord, CallRelease, Send
from gofer.domain.protocol.messages import Orders, Refused, Unknown, Welcome
from gofer.domain.protocol.reception import CLOSED_MOST
from gofer.domain.task import Cause
from tests.support.simulation.benches import DONE, WORKER, DispatcherBench, attempt, lease

NEXT = Session(f"{WORKER}.1", 1)
RESTARTED = Session(f"{WORKER}.2", 0)


def test_a_worker_without_anything_is_welcomed_at_once() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    (welcome,) = bench.said(Welcome)
    assert welcome.session == session
    assert welcome.lease_ms == bench.timers.lease_ms - bench.timers.renew_ms
    assert set(bench.core.workers) == {WORKER}


def test_a_hello_that_comes_twice_gets_the_same_welcome() -> None:
    bench = DispatcherBench()
    bench.hello()
    bench.hello()
    first, second = bench.said(Welcome)
    assert first is second


@pytest.mark.parametrize(("version", "outdated"), [(0, "worker"), (4, "dispatcher")])
def test_a_distant_protocol_version_is_refused_for_good_with_what_to_upgrade(
    version: int, outdated: str
) -> None:
    bench = DispatcherBench()
    bench.hello(protocol=version)
    (refused,) = bench.said(Refused)
    assert refused.final
    assert f"the worker {version}: upgrade gofer where the {outdated} runs" in refused.reason
    assert not bench.core.workers


def test_a_second_worker_of_one_name_is_refused_while_the_first_speaks() -> None:
    bench = DispatcherBench()
    first = bench.gives(lease())
    bench.hello(session=RESTARTED, peer=b"p2")
    (refused,) = bench.said(Refused)
    assert not refused.final
    assert bench.core.workers[WORKER].session == first
    assert bench.core.in_hand() == [attempt()]


def test_a_restarted_worker_may_join_once_its_former_self_has_been_silent() -> None:
    bench = DispatcherBench()
    bench.hello()
    bench.live(bench.timers.silence_ms + 1_000)
    bench.hello(session=RESTARTED, peer=b"p2")
    assert bench.core.workers[WORKER].session == RESTARTED


def test_a_late_hello_of_an_earlier_session_is_ignored() -> None:
    bench = DispatcherBench()
    bench.hello(session=NEXT)
    bench.take(Send)
    bench.hello()
    assert bench.take(Send) == []
    assert bench.core.workers[WORKER].session == NEXT


# ---------------------------------------------------------------- what it holds


def test_a_welcome_promises_no_lease_that_a_stopped_dispatcher_has_not_renewed() -> None:
    """Found by a seed: a worker ran on after its lease, because a Welcome said that it lasts."""
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.tick(bench.timers.lease_ms - 1_000.0)
    bench.said(Welcome)
    bench.hello(session=Session(session.incarnation, 1), held=[attempt()])
    (welcome,) = bench.said(Welcome)
    assert welcome.lease_ms == 1_000


def test_a_copy_of_a_hello_does_not_open_a_session_again_that_has_ended() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    bench.live(20_000.0)
    bench.said(Welcome)
    bench.hello(session=session)
    assert bench.said(Welcome) == []
    assert bench.said(Unknown) == [Unknown(session)]
    bench.hello(session=Session(session.incarnation, session.epoch + 1))
    assert len(bench.said(Welcome)) == 1


def test_a_copy_of_a_hello_brings_no_worker_back_that_has_left() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    bench.bye(session)
    bench.said(Welcome)
    bench.hello(session=session)
    assert bench.said(Welcome) == []
    assert dict(bench.core.workers) == {}


@pytest.mark.parametrize("count", [1, 2_000])
def test_what_is_remembered_of_workers_that_are_gone_is_bounded(count: int) -> None:
    bench = DispatcherBench()
    for number in range(count):
        worker = WorkerId(f"w{number}")
        bench.bye(bench.hello(worker), worker)
    closed = bench.core._reception._closed  # pyright: ignore[reportPrivateUsage]
    assert len(closed) == min(count, CLOSED_MOST)


def test_what_a_restarted_dispatcher_does_not_know_is_adopted_before_the_welcome() -> None:
    bench = DispatcherBench()
    session = bench.hello(held=[attempt(), attempt(task=1)])
    assert bench.said(Welcome) == []
    assert bench.adopts(lease(), None) == (attempt(), attempt(task=1))
    (welcome,) = bench.said(Welcome)
    assert welcome.drop == (attempt(task=1),)
    assert bench.core.in_hand() == [attempt()]
    bench.report(session, finished={attempt(): DONE})
    assert bench.records() == (Completion(attempt(), WORKER, DONE),)


def test_what_a_worker_still_holds_is_kept_without_asking_the_store() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.said(Welcome)
    bench.hello(session=NEXT, held=[attempt()])
    assert bench.take(CallAdopt) == []
    assert bench.said(Welcome)[0].drop == ()
    assert bench.core.in_hand() == [attempt()]


def test_what_never_arrived_goes_back_to_the_queue() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.hello(session=NEXT)
    assert bench.one(CallRelease).attempts == (attempt(),)
    assert bench.take(CallRecord) == []


def test_what_a_worker_handed_back_while_its_dispatcher_was_away_goes_back_to_the_queue() -> None:
    """The one that it was leased to is gone; without this it would wait for its lease to end."""
    bench = DispatcherBench()
    bench.hello(session=NEXT, returned=[attempt()])
    assert bench.one(CallRelease).attempts == (attempt(),)


def test_what_a_worker_handed_back_is_not_released_while_its_loss_is_being_written() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.live(bench.timers.silence_ms + 1_000)
    assert [defeat.attempt for defeat in bench.one(CallRecord).defeats] == [attempt()]
    bench.hello(session=NEXT, returned=[attempt()])
    assert bench.take(CallRelease) == []


def test_a_hello_waits_for_the_store_and_what_is_known_stays_leased() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.said(Welcome)
    bench.hello(session=NEXT, held=[attempt(), attempt(task=1)])
    call = bench.one(CallAdopt)
    bench.does(bench.core.failed(call, bench.now))
    assert attempt() in bench.core.in_hand()
    bench.live(200)
    assert bench.adopts(lease(task=1)) == (attempt(task=1),)
    assert bench.said(Welcome)[0].session == NEXT
    assert bench.core.in_hand() == [attempt(), attempt(task=1)]


def test_a_worker_that_waits_for_the_store_is_not_called_silent() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.hello(session=NEXT, held=[attempt(), attempt(task=1)])
    call = bench.one(CallAdopt)
    bench.live(3 * bench.timers.silence_ms)
    assert bench.take(CallRecord) == []
    bench.does(bench.core.adopted(call, [lease(task=1)], bench.now))
    assert bench.core.in_hand() == [attempt(), attempt(task=1)]


def test_a_later_hello_takes_the_place_of_one_that_waits_for_the_store() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.hello(session=NEXT, held=[attempt(), attempt(task=1)])
    early = bench.one(CallAdopt)
    latest = Session(WORKER + ".1", 2)
    bench.said(Welcome)
    bench.hello(session=latest, held=[attempt()])
    assert bench.said(Welcome)[0].session == latest
    bench.does(bench.core.adopted(early, [lease(task=1)], bench.now))
    assert bench.said(Welcome) == []
    assert bench.core.in_hand() == [attempt()]


def test_an_earlier_hello_does_not_take_the_place_of_one_that_waits_for_the_store() -> None:
    bench = DispatcherBench()
    bench.hello(session=NEXT, held=[attempt()])
    bench.hello(session=Session(NEXT.incarnation, 0))
    assert bench.said(Welcome) == []
    bench.adopts(lease())
    assert bench.said(Welcome)[0].session == NEXT


def test_what_is_cancelled_while_a_hello_waits_for_the_store_is_dropped_by_the_welcome() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.said(Welcome)
    bench.hello(session=NEXT, held=[attempt(), attempt(task=1)])
    bench.does(bench.core.hinted(Hint(cancelled=(attempt().task_id,)), bench.now))
    bench.adopts(lease(task=1))
    assert bench.said(Welcome)[0].drop == (attempt(),)


# ---------------------------------------------------------------- losses that were none


def test_a_loss_that_is_not_written_yet_is_taken_back_when_the_worker_returns() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(), lease(task=1))
    bench.report(session, window=2, finished={attempt(task=1): DONE})
    bench.bye(session)  # the loss waits behind the record that is under way
    bench.hello(session=NEXT, held=[attempt()])
    assert bench.adopts(lease()) == (attempt(),)
    bench.records()
    assert bench.take(CallRecord) == []
    assert bench.core.in_hand() == [attempt()]


def test_what_a_returned_worker_still_runs_is_dropped_when_its_loss_is_being_written() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.live(bench.timers.silence_ms + 1_000)
    bench.said(Orders)
    bench.hello(session=NEXT, held=[attempt()])
    assert bench.said(Welcome)[-1].drop == (attempt(),)
    (record,) = bench.records()
    assert isinstance(record, Defeat)
    assert record.failure.cause is Cause.WORKER_LOST


def test_an_outcome_that_is_on_its_way_is_not_asked_of_the_worker_again() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    bench.said(Orders)
    bench.hello(session=NEXT, held=[attempt()])
    assert bench.take(CallAdopt) == []
    assert bench.records() == (Completion(attempt(), WORKER, DONE),)
    bench.report(NEXT)
    assert [orders.recorded for orders in bench.said(Orders)] == [(attempt(),)]
