"""What a worker has in hand: how much it grants, and what it hands back."""

from math import inf

from gofer.domain.protocol.satchel import Satchel
from gofer.domain.task import Success
from tests.support.simulation.benches import attempt


def satchel_with(waiting: int, running: int, typical_ms: float | None, slots: int = 1) -> Satchel:
    satchel = Satchel(slots)
    if typical_ms is not None:
        satchel.put(attempt(task=999))
        satchel.ended(attempt(task=999), Success(b"", run_ms=typical_ms))
    for number in range(waiting + running):
        satchel.put(attempt(task=number))
    for number in range(running):
        satchel.began(attempt(task=number), 0.0)
    return satchel


def test_nothing_is_prefetched_before_anything_is_known() -> None:
    assert Satchel(4).window(0.0) == 4


def test_a_first_task_that_has_just_begun_teaches_nothing_yet() -> None:
    assert satchel_with(waiting=0, running=1, typical_ms=None).window(0.01) == 1


def test_short_tasks_open_the_window() -> None:
    assert satchel_with(waiting=0, running=0, typical_ms=2.0, slots=2).window(0.0) == 2 * 11


def test_a_run_that_lasts_closes_the_window() -> None:
    satchel = satchel_with(waiting=3, running=1, typical_ms=2.0)
    assert satchel.window(250.0) == 1


def test_what_waits_beyond_the_window_is_handed_back_newest_first_and_asked_once() -> None:
    satchel = satchel_with(waiting=3, running=1, typical_ms=2.0)
    assert satchel.surplus(100.0) == []
    assert satchel.surplus(250.0) == [attempt(task=1), attempt(task=2), attempt(task=3)]
    assert satchel.surplus(1_000.0) == []


def test_a_closed_satchel_grants_nothing_and_asks_for_no_review() -> None:
    satchel = satchel_with(waiting=3, running=1, typical_ms=2.0)
    satchel.close()
    assert satchel.window(0.0) == 0
    assert satchel.surplus(1_000.0) == []
    assert satchel.review_at_ms == inf


def test_an_attempt_is_taken_in_hand_once() -> None:
    satchel = Satchel(1)
    assert satchel.put(attempt())
    assert not satchel.put(attempt())
    assert satchel.began(attempt(), 0.0)
    assert not satchel.put(attempt())
    assert not satchel.began(attempt(), 0.0)


def test_news_of_what_is_not_in_hand_changes_nothing() -> None:
    satchel = Satchel(1)
    assert not satchel.began(attempt(), 0.0)
    assert not satchel.ended(attempt(), Success(b"", run_ms=1.0))
    assert not satchel.drop(attempt())
    assert satchel.window(0.0) == 1


def test_clearing_lets_go_of_all_running_ones_first() -> None:
    satchel = satchel_with(waiting=1, running=1, typical_ms=None)
    assert satchel.clear() == [attempt(task=0), attempt(task=1)]
    assert not satchel
    assert satchel.attempts() == []
