"""Reports, as the dispatcher reads them: numbers, sessions, and what is no longer ours."""

import pytest

from gofer.domain.errors import ProtocolViolation
from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.ports import Hint, Reaped, Written
from gofer.domain.protocol.effects import CallRecord, CallRenew, Note
from gofer.domain.protocol.messages import Orders, Unknown, Welcome
from tests.support.simulation.benches import DONE, WORKER, DispatcherBench, attempt, lease

NEXT = Session(f"{WORKER}.1", 1)
RESTARTED = Session(f"{WORKER}.2", 0)


def test_a_report_that_comes_twice_is_read_once() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    report = bench.report(session, finished={attempt(): DONE})
    bench.records()
    bench.hears(report)
    assert bench.take(CallRecord) == []
    assert bench.said(Unknown) == []


def test_a_lost_report_ends_the_session_and_unknown_asks_for_a_hello() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE}, skip=1)
    assert bench.said(Unknown) == [Unknown(session)]
    assert bench.take(CallRecord) == []
    assert bench.core.in_hand() == [attempt()]


def test_a_message_that_could_not_be_read_is_noted_and_changes_nothing() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.take(Note)
    bench.hears(ProtocolViolation("rubbish"))
    assert [note.level for note in bench.take(Note)] == ["warning"]
    assert bench.core.in_hand() == [attempt()]


def test_a_report_of_an_unknown_worker_is_answered_with_unknown() -> None:
    bench = DispatcherBench()
    bench.report(Session("w9.1", 4), worker=WorkerId("w9"))
    assert bench.said(Unknown) == [Unknown(Session("w9.1", 4))]


def test_a_late_report_of_an_earlier_session_is_ignored() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.hello(session=NEXT, held=[attempt()])
    bench.said(Welcome)
    bench.report(session, finished={attempt(): DONE})
    assert bench.said(Unknown) == []
    assert bench.take(CallRecord) == []


def test_an_outcome_that_nobody_knows_of_ends_the_session() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    bench.report(session, finished={attempt(): DONE})
    assert bench.said(Unknown) == [Unknown(session)]


def test_nothing_is_said_or_given_in_a_session_that_has_a_gap() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.does(bench.core.undeliverable(WORKER, bench.now))
    bench.said(Orders)
    bench.does(bench.core.hinted(Hint(work=True, cancelled=(attempt().task_id,)), bench.now))
    assert bench.said(Orders) == []
    bench.hello(session=session)
    assert bench.said(Unknown) == [Unknown(session)]


def test_what_a_worker_runs_is_stopped_when_its_lease_turns_out_to_be_lost() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.report(Session(f"{WORKER}.1", 0))
    bench.said(Orders)
    bench.tick(bench.timers.renew_ms)
    assert bench.one(CallRenew).attempts == (attempt(),)
    bench.does(bench.core.renewed([attempt()], bench.now))
    assert [orders.cancel for orders in bench.said(Orders)] == [(attempt(),)]
    assert bench.core.in_hand() == []


def test_what_another_dispatcher_reaped_is_stopped() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    bench.said(Orders)
    bench.does(bench.core.reaped([Reaped(attempt(), failed=False)], bench.now))
    assert [orders.cancel for orders in bench.said(Orders)] == [(attempt(),)]


@pytest.mark.parametrize("answer", list(Written))
def test_an_outcome_is_acknowledged_whatever_the_store_says_of_it(answer: Written) -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, finished={attempt(): DONE})
    assert [orders.recorded for orders in bench.said(Orders)] == [()]
    bench.records(answer)
    bench.report(session)
    assert [orders.recorded for orders in bench.said(Orders)] == [(attempt(),)]
