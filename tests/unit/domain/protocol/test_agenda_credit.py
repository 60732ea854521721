"""When the dispatcher gives credit, and what it does with what that brings."""

from gofer.domain.policy import HANDED_MOST
from gofer.domain.protocol.agenda import Agenda
from gofer.domain.protocol.effects import CallHush, CallListen
from tests.support.simulation.benches import attempt
from tests.unit.domain.protocol.test_agenda import TAG, TIMERS, calls, kinds


def test_it_gives_credit_for_the_room_that_there_is() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [], None)
    agenda.hinted(handed=True)
    assert calls(agenda, 2, room=3) == [CallListen(TIMERS.poll_ms, ((TAG, 3),))]


def test_it_gives_no_more_credit_than_is_handed_over_at_once() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=700)
    agenda.claimed(1, [], None)
    agenda.hinted(handed=True)
    assert calls(agenda, 2, room=700) == [CallListen(TIMERS.poll_ms, ((TAG, HANDED_MOST),))]


def test_it_gives_no_credit_for_room_that_a_claim_may_fill() -> None:
    agenda = Agenda(TIMERS, 0)
    assert CallListen(TIMERS.poll_ms) in calls(agenda, 0, room=7)


def test_what_is_handed_over_is_no_reason_to_claim() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [], None)
    agenda.hinted(handed=True)
    agenda.handed(1)
    assert kinds(agenda, 2, room=6) == {"CallListen"}


def test_it_claims_as_often_as_if_nothing_had_been_handed_over() -> None:
    """A ring may be lost."""
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [], None)
    for moment in range(1, TIMERS.poll_ms, 100):
        agenda.hinted(handed=True)
        agenda.handed(moment)
        assert kinds(agenda, moment, room=6) == {"CallListen"}
    assert "CallClaim" in kinds(agenda, TIMERS.poll_ms, room=6)


def test_leases_that_were_handed_over_count_from_when_the_credit_was_given() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, TIMERS.renew_ms, held=[attempt()])
    agenda.hinted(handed=True)
    agenda.handed(TIMERS.renew_ms - 1_000)
    agenda.renewed()
    assert agenda.renewed_ms == TIMERS.renew_ms - 1_000


def test_whoever_leaves_takes_its_credit_back_and_waits_for_what_it_has_brought() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0)
    agenda.close(0)
    assert "CallHush" in kinds(agenda, 0)
    assert agenda.awaits_tasks
    agenda.hushed()
    assert agenda.awaits_tasks
    agenda.hinted()
    assert not agenda.awaits_tasks


def test_a_credit_that_cannot_be_taken_back_keeps_nobody() -> None:
    agenda = Agenda(TIMERS, 0)
    agenda.close(0)
    calls(agenda, 0)
    agenda.failed(CallHush(), 1)
    assert not agenda.awaits_tasks
