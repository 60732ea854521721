"""When the dispatcher renews, reaps, claims and listens."""

from gofer.domain.identifiers import Attempt
from gofer.domain.policy import BATCH, Timers
from gofer.domain.protocol.agenda import CLAIM_MOST, Agenda
from gofer.domain.protocol.effects import (
    CallClaim,
    CallListen,
    CallReap,
    CallRenew,
    StoreCall,
)
from tests.support.simulation.benches import attempt
from tests.support.simulation.plan import ENVIRONMENTS

TIMERS = Timers()
TAG, OTHER = (environment.tag for environment in ENVIRONMENTS)


def kinds(agenda: Agenda, now: float, room: int = 0, held: list[Attempt] | None = None) -> set[str]:
    return {type(call).__name__ for call in calls(agenda, now, room, held)}


def calls(
    agenda: Agenda, now: float, room: int = 0, held: list[Attempt] | None = None
) -> list[StoreCall]:
    rooms = {TAG: room} if room else {}
    return list(agenda.calls(now, rooms, lambda: rooms, lambda: held or []))


FIRST_REAP = float(TIMERS.silence_ms)


def test_a_dispatcher_listens_at_once_and_reaps_only_once_workers_could_come_back() -> None:
    """What they hold, and finished while no dispatcher was there, is not to be run again."""
    agenda = Agenda(TIMERS, 0)
    assert kinds(agenda, 0) == {"CallListen"}
    assert kinds(agenda, FIRST_REAP - 1) == set()
    assert agenda.next_ms() <= FIRST_REAP
    assert "CallReap" in kinds(agenda, FIRST_REAP)


def test_it_claims_as_soon_as_there_is_room_and_no_more_than_there_is() -> None:
    agenda = Agenda(TIMERS, 0)
    assert CallClaim(((TAG, 7),)) in calls(agenda, 0, room=7)
    agenda.claimed(1, [TAG], None)
    assert CallClaim(((TAG, CLAIM_MOST),)) in calls(agenda, 1, room=10 * CLAIM_MOST)


def test_a_claim_that_was_not_filled_is_not_repeated_without_a_hint() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [], None)
    assert kinds(agenda, 1, room=7) == set()
    agenda.hinted()
    assert kinds(agenda, 2, room=7) == {"CallClaim"}


def test_a_hint_that_comes_while_a_claim_is_under_way_is_not_forgotten() -> None:
    """The claim may have looked before the task was there: nobody would ring for it again."""
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.hinted()
    agenda.claimed(1, [], None)
    assert CallClaim(((TAG, 7),)) in calls(agenda, 1, room=7)


def test_after_a_hint_nothing_is_listened_for_until_the_claim_under_way_is_answered() -> None:
    """While many tasks are submitted the bell rings all the time, and the next claim is certain."""
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.hinted()
    assert kinds(agenda, 1, room=7) == set()
    agenda.claimed(2, [], None)
    assert kinds(agenda, 2, room=7) == {"CallClaim", "CallListen"}


def test_a_claim_that_follows_a_hint_is_answered_before_more_is_listened_for() -> None:
    """A task that comes alone does not wait for a listen that it does not need."""
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0)
    agenda.hinted()
    assert kinds(agenda, 1, room=7) == {"CallClaim"}
    agenda.claimed(2, [], None)
    assert kinds(agenda, 2, room=7) == {"CallListen"}


def test_a_claim_that_fails_does_not_keep_it_from_listening() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0)
    agenda.hinted()
    (claim,) = calls(agenda, 1, room=7)
    assert isinstance(claim, CallClaim)
    agenda.failed(claim, 2)
    assert kinds(agenda, 2, room=7) == {"CallClaim", "CallListen"}


def test_workers_that_are_full_do_not_keep_it_from_listening_for_cancels() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.hinted()
    agenda.claimed(1, [TAG], None)
    assert kinds(agenda, 1, room=0) == {"CallListen"}
    agenda.hinted()
    assert kinds(agenda, 2, room=0) == {"CallListen"}


def test_work_that_is_known_to_come_is_not_forgotten_by_a_claim_that_did_not_see_it() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.work_at(500)
    agenda.claimed(1, [], 60_000)
    assert agenda.next_ms() == 500
    assert CallClaim(((TAG, 7),)) in calls(agenda, 500, room=7)


def test_work_that_came_back_while_a_claim_was_under_way_is_claimed_after_it() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.work_at(0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [], None)
    assert CallClaim(((TAG, 7),)) in calls(agenda, 1, room=7)


def test_a_delayed_task_is_claimed_when_it_is_due() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [], 300)
    assert agenda.next_ms() == 301
    assert CallClaim(((TAG, 7),)) in calls(agenda, 301, room=7)


def test_a_hint_is_kept_until_there_is_room() -> None:
    agenda = Agenda(TIMERS, 0)
    assert "CallClaim" not in kinds(agenda, 0, room=0)
    assert "CallClaim" in kinds(agenda, 10, room=1)


def test_leases_are_renewed_before_any_are_reaped() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, FIRST_REAP)
    agenda.reaped(FIRST_REAP, 0)
    late = 10.0 * TIMERS.renew_ms
    assert calls(agenda, late, held=[attempt()])[0] == CallRenew((attempt(),))
    assert kinds(agenda, late, held=[attempt()]) == set()
    agenda.renewed()
    assert kinds(agenda, late, held=[attempt()]) == {"CallReap"}


def test_leases_count_from_when_their_renewal_was_sent() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, TIMERS.renew_ms, held=[attempt()])
    assert agenda.renewed_ms == 0
    agenda.renewed()
    assert agenda.renewed_ms == TIMERS.renew_ms


def test_a_renewal_does_not_make_a_claim_younger_whose_answer_came_late() -> None:
    """Found by a seed: a dispatcher that was stopped gave tasks away whose leases were over."""
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 100, room=7)
    assert "CallRenew" in kinds(agenda, TIMERS.renew_ms, held=[attempt()])
    agenda.claimed(TIMERS.renew_ms + 1, [], None)
    assert agenda.renewed_ms <= 100
    agenda.renewed()
    assert agenda.renewed_ms == 100
    assert "CallRenew" in kinds(agenda, 2 * TIMERS.renew_ms, held=[attempt()])
    agenda.renewed()
    assert agenda.renewed_ms == 2 * TIMERS.renew_ms


def test_a_claim_of_long_ago_does_not_make_later_ones_older() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.claimed(1, [TAG], None)
    kinds(agenda, TIMERS.renew_ms)
    assert "CallClaim" in kinds(agenda, 2 * TIMERS.renew_ms, room=7)
    agenda.claimed(2 * TIMERS.renew_ms + 1, [], None)
    assert agenda.renewed_ms == 2 * TIMERS.renew_ms


def test_where_nothing_is_held_nothing_needs_renewal() -> None:
    agenda = Agenda(TIMERS, 0)
    assert "CallRenew" not in kinds(agenda, TIMERS.renew_ms)
    assert agenda.renewed_ms == TIMERS.renew_ms


def test_a_full_batch_of_expired_leases_is_followed_by_another_at_once() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, FIRST_REAP)
    agenda.reaped(FIRST_REAP + 5, BATCH)
    assert "CallReap" in kinds(agenda, FIRST_REAP + 5)


def test_a_refused_renewal_is_made_again_as_soon_as_the_store_may_be_asked() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, TIMERS.renew_ms, held=[attempt()])
    agenda.failed(CallRenew((attempt(),)), TIMERS.renew_ms)
    assert "CallRenew" in kinds(agenda, TIMERS.renew_ms, held=[attempt()])


def test_a_refused_claim_is_made_again() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, 0, room=7)
    agenda.failed(CallClaim(((TAG, 7),)), 0)
    assert CallClaim(((TAG, 7),)) in calls(agenda, 0, room=7)


def test_a_refused_reap_waits_for_its_turn_and_a_refused_listen_does_not() -> None:
    agenda = Agenda(TIMERS, 0)
    calls(agenda, FIRST_REAP)
    agenda.failed(CallReap(BATCH), FIRST_REAP)
    agenda.failed(CallListen(1), FIRST_REAP)
    assert kinds(agenda, FIRST_REAP) == {"CallListen"}
    assert "CallReap" in kinds(agenda, FIRST_REAP + TIMERS.reap_ms)


def test_a_closed_agenda_renews_once_more_and_neither_claims_nor_listens() -> None:
    agenda = Agenda(TIMERS, 0)
    agenda.close(0)
    agenda.work_at(0)
    assert kinds(agenda, 0, room=7, held=[attempt()]) == {"CallRenew", "CallHush"}
    agenda.renewed()
    agenda.hushed()
    assert kinds(agenda, 0, room=7, held=[attempt()]) == set()


def test_a_hint_holds_for_each_environment_until_it_is_claimed_for() -> None:
    """What is full now is claimed for once it has room, although nothing rings again."""
    agenda = Agenda(TIMERS, 0)
    both = TAG, OTHER
    assert CallClaim(((TAG, 7),)) in list(agenda.calls(0, both, lambda: {TAG: 7}, list))
    agenda.claimed(1, [], None)
    rooms = {TAG: 5, OTHER: 2}
    assert CallClaim(((TAG, 5), (OTHER, 2))) in list(agenda.calls(2, both, lambda: rooms, list))
    agenda.claimed(3, [OTHER], None)
    assert CallClaim(((OTHER, 1),)) in list(agenda.calls(4, both, lambda: {OTHER: 1}, list))
    agenda.claimed(5, [], None)
    assert list(agenda.calls(6, both, lambda: {TAG: 9, OTHER: 9}, list)) == []


def test_a_claim_asks_for_full_batches_and_the_rest_follows() -> None:
    agenda = Agenda(TIMERS, 0)
    assert CallClaim(((TAG, 2 * BATCH),)) in calls(agenda, 0, room=2 * BATCH + 28)
    agenda.claimed(1, [TAG], None)
    assert CallClaim(((TAG, 28),)) in calls(agenda, 1, room=28)


def test_a_claim_for_many_environments_gives_each_a_fair_share() -> None:
    rooms = {f"cpython-3.{minor}": CLAIM_MOST for minor in range(4)}
    calls = Agenda(TIMERS, 0).calls(0, rooms, lambda: rooms, list)
    (claim,) = [c for c in calls if isinstance(c, CallClaim)]
    assert dict(claim.wants) == dict.fromkeys(rooms, CLAIM_MOST // 4)


def test_what_is_done_now_and_then_is_done_at_whole_seconds() -> None:
    agenda = Agenda(TIMERS, 0.25)
    now, moments = 0.25, set[float]()
    while now < 30_000:
        for call in calls(agenda, now):
            if isinstance(call, CallReap):
                agenda.reaped(now, 0)
        now = agenda.next_ms()
        moments.add(now % 1_000)
    assert moments == {0.0, 0.25}  # once as it began, then at the same moments as all else
