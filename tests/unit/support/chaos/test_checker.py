"""The checker of chaos runs: it is content with what may happen, and finds what must not."""

from dataclasses import replace

import pytest

from tests.support.chaos.checker import MOST_RUNS, Violation, check
from tests.support.chaos.history import (
    Account,
    Deed,
    Fault,
    History,
    Reading,
    Run,
)
from tests.support.chaos.samples import (
    KILLED,
    LOST,
    OTHER,
    RIGHT,
    SUBMISSION,
    TIMERS,
    WELL,
    WORKER,
    a_kill,
    a_run,
    a_stop,
    after,
    away,
)


def broken(history: History) -> set[str]:
    return {violation.rule for violation in check(history, TIMERS)}


# ---------------------------------------------------------------- what may happen


def test_a_task_that_ran_once_and_is_right_is_fine() -> None:
    assert check(WELL, TIMERS) == []


def test_nothing_is_expected_of_a_task_that_was_not_acknowledged() -> None:
    lost = replace(SUBMISSION, task_id=None)
    assert broken(replace(WELL, submissions=[lost], readings=[], runs=[])) == set()
    assert broken(replace(WELL, submissions=[lost], readings=[])) == set()


def test_a_run_whose_worker_was_killed_is_followed_by_another() -> None:
    runs = [a_run(1.0, 1.2, ended=False), a_run(4.0, 4.1, worker=OTHER)]
    assert broken(after(runs, [a_kill(1.25)], Account(2, losses=1))) == set()


def test_a_run_that_ended_unrecorded_before_its_worker_was_killed_is_followed_by_another() -> None:
    runs = [a_run(1.0, 1.1), a_run(4.0, 4.1, worker=OTHER)]
    assert broken(after(runs, [a_kill(1.3)], Account(2, losses=1))) == set()


def test_a_run_whose_child_was_killed_is_followed_by_another() -> None:
    runs = [a_run(1.0, 1.2, ended=False), a_run(3.0, 3.1)]
    kill = a_kill(1.25, "child", over=1.26, pid=WORKER + 1)
    assert broken(after(runs, [kill], Account(2, strikes=1))) == set()


def test_runs_may_overlap_where_the_earlier_one_s_worker_was_frozen() -> None:
    runs = [a_run(1.0, 6.2), a_run(4.0, 6.5, worker=OTHER)]
    assert broken(after(runs, [a_stop(1.1, 6.0)], Account(2, losses=1))) == set()


def test_a_worker_that_wakes_up_may_begin_what_another_runs_by_then() -> None:
    runs = [a_run(4.0, 6.5, worker=OTHER), a_run(6.1, 6.2)]
    assert broken(after(runs, [a_stop(1.1, 6.0)], Account(2, losses=1))) == set()


def test_runs_may_overlap_where_the_store_was_away_for_longer_than_a_lease() -> None:
    runs = [a_run(1.0, 8.2), a_run(8.1, 8.5, worker=OTHER)]
    stop = Fault(Deed.STOP, "redis", 1.1, 8.0)
    assert broken(after(runs, [stop], Account(2, losses=1))) == set()


def test_a_task_may_run_again_where_its_dispatcher_was_away_for_too_long() -> None:
    runs = [a_run(1.0, 5.9, ended=False), a_run(8.0, 8.1, worker=OTHER)]
    stop = away(Deed.STOP, 1.5, 8.6)
    assert broken(after(runs, [stop], Account(2, losses=1))) == set()


def test_two_absences_without_a_recovery_between_them_count_as_one() -> None:
    runs = [a_run(1.0, 5.5, ended=False), a_run(8.0, 8.1, worker=OTHER)]
    faults = [away(Deed.KILL, 1.1, 3.5), away(Deed.KILL, 4.0, 6.0)]
    assert broken(after(runs, faults, Account(2, losses=1))) == set()


def test_a_death_is_right_when_its_budget_is_spent() -> None:
    runs = [a_run(begin, begin + 0.2, ended=False) for begin in (1.0, 3.0, 8.0)]
    kills = [a_kill(run.seen, "child", over=run.seen, pid=run.pid) for run in runs]
    died = replace(RIGHT, status="FAILED", shown=KILLED)
    history = after(runs, kills, Account(3, strikes=2))
    assert broken(replace(history, readings=[died])) == set()


def test_a_loss_is_right_when_its_budget_is_spent() -> None:
    runs = [a_run(begin, begin + 0.2, ended=False) for begin in range(1, 7)]
    died = replace(RIGHT, status="FAILED", shown=LOST)
    history = after(runs, [a_kill(run.seen) for run in runs], Account(6, losses=5))
    assert broken(replace(history, readings=[died])) == set()


def test_an_outcome_may_be_seen_by_one_while_another_s_older_question_is_answered() -> None:
    older = Reading("id-a", "status", 8.9, 9.2, "RUNNING")
    assert broken(replace(WELL, readings=[RIGHT, older])) == set()


# ---------------------------------------------------------------- what must not


LATER = replace(RIGHT, asked=9.5, answered=9.6)
DOUBLE = [a_run(1.0, 1.1), a_run(4.0, 4.1, worker=OTHER)]

BROKEN = {
    "a lost task": ("acknowledged", replace(WELL, readings=[])),
    "a task that never ends": (
        "acknowledged",
        replace(WELL, readings=[replace(RIGHT, status="RUNNING", shown="")]),
    ),
    "an id given twice": (
        "acknowledged",
        replace(WELL, submissions=[SUBMISSION, replace(SUBMISSION, name="b")]),
    ),
    "a wrong value": ("right", replace(WELL, readings=[replace(RIGHT, shown="COMPLETED 'b'")])),
    "a failure instead of a value": (
        "right",
        replace(WELL, readings=[replace(RIGHT, status="FAILED", shown="FAILED ValueError('x')")]),
    ),
    "a death whose budget is not spent": (
        "right",
        replace(
            after([a_run(1, 1.2, ended=False)], [a_kill(1.25)], Account(2, losses=1)),
            readings=[replace(RIGHT, status="FAILED", shown=LOST)],
        ),
    ),
    "a death that the store charged but nobody caused": (
        "right",
        replace(
            WELL,
            readings=[replace(RIGHT, status="FAILED", shown=KILLED)],
            accounts={"id-a": Account(3, strikes=2)},
        ),
    ),
    "an outcome that changes": (
        "immutable",
        replace(WELL, readings=[RIGHT, replace(LATER, shown="COMPLETED 'b'")]),
    ),
    "an outcome that goes away": (
        "immutable",
        replace(WELL, readings=[RIGHT, replace(LATER, status="QUEUED", shown="")]),
    ),
    "a success that becomes a failure": (
        "immutable",
        replace(WELL, readings=[RIGHT, replace(LATER, route="status", status="FAILED", shown="")]),
    ),
    "an outcome without a run": ("run", replace(WELL, runs=[])),
    "an outcome of a run that never ended": (
        "run",
        replace(WELL, runs=[a_run(1.0, 1.1, ended=False)]),
    ),
    "more runs than the budgets allow": (
        "run",
        after(
            [a_run(n, n + 0.1, ended=n == MOST_RUNS) for n in range(MOST_RUNS + 1)],
            [a_kill(n + 0.2) for n in range(MOST_RUNS + 1)],
            Account(20),
        ),
    ),
    "one attempt that ran twice": ("attempts", after(DOUBLE, [a_kill(1.2)], Account(1))),
    "overlapping runs after a mere kill": (
        "overlap",
        after([a_run(1, 4.5), a_run(4, 4.6, worker=OTHER)], [a_kill(1.2)], Account(2)),
    ),
    "overlapping runs after a freeze that nobody could notice": (
        "overlap",
        after([a_run(1, 4.5), a_run(4, 4.6, worker=OTHER)], [a_stop(1.2, 1.9)], Account(2)),
    ),
    "overlapping runs although another worker was frozen": (
        "overlap",
        after(
            [a_run(1, 4.5), a_run(4, 4.6, worker=OTHER)],
            [a_stop(1.2, 4.2, pid=OTHER)],
            Account(2),
        ),
    ),
    "a run that begins long after its frozen worker woke up": (
        "overlap",
        after([a_run(6.0, 8.0, worker=OTHER), a_run(6.9, 7.0)], [a_stop(1, 6.0)], Account(2)),
    ),
    "a run that begins while its worker is frozen": (
        "overlap",
        after([a_run(5.0, 8.0, worker=OTHER), a_run(5.9, 6.1)], [a_stop(1, 6.0)], Account(2)),
    ),
    "a run that goes on long after its frozen worker woke up": (
        "overlap",
        after([a_run(1, 9.0), a_run(4, 8.6, worker=OTHER)], [a_stop(1.2, 5.0)], Account(2)),
    ),
    "a run of a worker that was cut off and did not stop": (
        "overlap",
        after(
            [a_run(1, 9.0), a_run(8, 8.6, worker=OTHER)],
            [away(Deed.STOP, 1.2, 8.8)],
            Account(2),
        ),
    ),
    "a second run for no reason": ("explained", after(DOUBLE, [], Account(2))),
    "a second run because the web service died": (
        "explained",
        after(DOUBLE, [a_kill(1.2, "api", pid=1)], Account(2)),
    ),
    "a second run because the dispatcher was restarted": (
        "explained",
        after(DOUBLE, [away(Deed.KILL, 1.2, 3.0)], Account(2)),
    ),
    "a second run because another worker's dispatcher was away": (
        "explained",
        after(
            [a_run(1.0, 5.9, ended=False), a_run(8.0, 8.1, worker=OTHER)],
            [away(Deed.STOP, 1.5, 8.6, serves=OTHER)],
            Account(2),
        ),
    ),
    "a second run because its dispatcher was restarted twice": (
        "explained",
        after(
            [a_run(1.0, 7.0), a_run(8.0, 8.1, worker=OTHER)],
            [away(Deed.KILL, 1.1, 3.5), away(Deed.KILL, 5.0, 7.0)],
            Account(2),
        ),
    ),
    "a second run because the store was restarted": (
        "explained",
        after(DOUBLE, [Fault(Deed.KILL, "redis", 1.2, 2.2)], Account(2)),
    ),
    "a second run because another worker was killed": (
        "explained",
        after(DOUBLE, [a_kill(1.2, pid=OTHER)], Account(2)),
    ),
    "a second run because of a kill long before": (
        "explained",
        after([a_run(7.0, 7.1), a_run(8.0, 8.1, worker=OTHER)], [a_kill(1.2)], Account(2)),
    ),
    "a strike for somebody else's death": (
        "blame",
        after(
            [a_run(1.0, 1.1), Run("b", WORKER + 2, WORKER, 1.0, 1.1)],
            [a_kill(1.15, "child", over=1.15, pid=WORKER + 2)],
            Account(1, strikes=1),
        ),
    ),
    "an answer that must not be": ("answers", replace(WELL, oddities=["/status: 500"])),
}


@pytest.mark.parametrize(("rule", "history"), BROKEN.values(), ids=BROKEN)
def test_it_finds(rule: str, history: History) -> None:
    assert rule in broken(history)


def test_a_violation_names_the_task() -> None:
    assert check(replace(WELL, readings=[]), TIMERS) == [
        Violation("acknowledged", "a (id-a) has not ended: never read")
    ]
