"""What a worker does with tasks: runs, reports, hands back, stops, leaves."""

import pytest

from gofer.domain.identifiers import Attempt
from gofer.domain.policy import Timers
from gofer.domain.ports import Began, Ended
from gofer.domain.protocol import outbox as outbox_module
from gofer.domain.protocol.effects import Kill, Stop, TakeBack
from gofer.domain.protocol.messages import Bye, Finished, Hello, Report
from gofer.domain.task import Success
from tests.support.simulation.benches import DONE, attempt
from tests.support.simulation.worker_bench import WorkerBench


def working(*attempts: Attempt, slots: int = 1, timers: Timers | None = None) -> WorkerBench:
    bench = WorkerBench(slots, timers)
    bench.welcome()
    if attempts:
        bench.orders(*attempts)
    bench.told(Report)
    return bench


def begin(bench: WorkerBench, *attempts: Attempt) -> None:
    bench.does(bench.core.executed([Began(each) for each in attempts], bench.now))


def end(bench: WorkerBench, *attempts: Attempt, run_ms: float = 1.0) -> None:
    outcome = Success(b"done", run_ms=run_ms)
    bench.does(bench.core.executed([Ended(each, outcome) for each in attempts], bench.now))


def test_a_task_that_ends_at_once_is_told_in_one_report() -> None:
    bench = working(attempt())
    bench.does(bench.core.executed([Began(attempt()), Ended(attempt(), DONE)], bench.now))
    (report,) = bench.told(Report)
    assert (report.started, report.finished) == ((), (Finished(attempt(), DONE),))


def test_a_start_is_told_on_its_own_once_the_task_lasts() -> None:
    bench = working(attempt())
    begin(bench, attempt())
    assert bench.core.next_tick_ms() == bench.now + bench.timers.started_ms
    bench.live(bench.timers.started_ms)
    assert [report.started for report in bench.told(Report)] == [(attempt(),)]


def test_an_outcome_is_held_until_it_is_recorded() -> None:
    bench = working(attempt())
    end(bench, attempt())
    assert bench.core.held() == [attempt()]
    bench.orders(recorded=[attempt()])
    assert bench.core.held() == []


def test_a_silent_worker_beats() -> None:
    bench = working()
    bench.live(bench.timers.beat_ms)
    (report,) = bench.told(Report)
    assert (report.started, report.finished, report.returned) == ((), (), ())


def test_reports_are_cut_by_bytes_and_nothing_is_lost_or_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "REPORT_BYTES", 10)
    attempts = [attempt(task=n) for n in range(5)]
    bench = working(*attempts, slots=5)
    end(bench, *attempts)
    reports = bench.told(Report)
    assert [len(report.finished) for report in reports] == [2, 2, 1]
    assert [report.seq for report in reports] == [2, 3, 4]
    assert [f.attempt for report in reports for f in report.finished] == attempts


def test_a_cancelled_task_is_killed_and_nothing_is_told_of_it() -> None:
    bench = working(attempt())
    begin(bench, attempt())
    bench.orders(cancel=[attempt()])
    assert bench.one(Kill).attempts == (attempt(),)
    end(bench, attempt())
    assert [report.finished for report in bench.told(Report) if report.finished] == []
    assert bench.core.held() == []


def test_a_cancelled_outcome_is_forgotten() -> None:
    bench = working(attempt())
    end(bench, attempt())
    bench.orders(cancel=[attempt()])
    assert bench.take(Kill) == []
    assert bench.core.held() == []


# ---------------------------------------------------------------- prefetch


def test_short_tasks_open_the_window_and_the_report_says_so() -> None:
    bench = working(attempt())
    end(bench, attempt(), run_ms=2.0)
    assert bench.told(Report)[-1].window == 11


def test_what_waits_behind_a_long_task_is_handed_back() -> None:
    bench = working(attempt())
    end(bench, attempt(), run_ms=2.0)
    bench.orders(*(attempt(task=n) for n in range(1, 4)))
    begin(bench, attempt(task=1))
    bench.live(250)
    assert bench.one(TakeBack).attempts == (attempt(task=2), attempt(task=3))
    bench.told(Report)
    bench.does(bench.core.taken_back([attempt(task=2)], bench.now))
    (report,) = bench.told(Report)
    assert (report.returned, report.window) == ((attempt(task=2),), 1)
    assert bench.core.held() == [attempt(task=1), attempt(task=3), attempt()]


# ---------------------------------------------------------------- the fence


def test_a_worker_that_is_cut_off_stops_before_its_leases_end() -> None:
    bench = working(attempt(), attempt(task=1), slots=2)
    begin(bench, attempt())
    bench.live(bench.timers.lease_ms - bench.timers.fence_ms - 1)
    assert bench.take(Kill) == []
    bench.live(2)
    assert set(bench.one(Kill).attempts) == {attempt(), attempt(task=1)}
    assert bench.core.held() == []


def test_outcomes_outlive_the_fence() -> None:
    bench = working(attempt(), attempt(task=1), slots=2)
    end(bench, attempt())
    bench.live(bench.timers.lease_ms)
    assert bench.core.held() == [attempt()]


def test_an_answer_moves_the_fence_from_when_its_report_was_sent() -> None:
    bench = working(attempt())
    begin(bench, attempt())
    bench.tick(bench.timers.started_ms)
    seq, sent_ms = bench.told(Report)[-1].seq, bench.now
    bench.live(1_000)
    bench.orders(echo=seq)
    fence_ms = sent_ms + bench.timers.lease_ms - bench.timers.fence_ms
    bench.live(fence_ms - bench.now - 1)
    assert bench.take(Kill) == []
    bench.live(2)
    assert bench.one(Kill).attempts == (attempt(),)


def test_orders_of_a_dispatcher_that_may_have_given_up_the_worker_are_not_carried_out() -> None:
    """The worker stood still: somebody else may run these tasks by now."""
    bench = working()
    epoch = bench.core.session.epoch
    bench.now += bench.timers.silence_ms
    bench.orders(attempt())
    assert bench.executes() == []
    assert bench.core.held() == []
    assert bench.told(Hello)[-1].session.epoch == epoch + 1


# ---------------------------------------------------------------- doubt


def test_a_worker_that_may_have_been_given_up_hands_back_what_waits_and_lets_the_rest_run() -> None:
    bench = working(attempt(), attempt(task=1), slots=2)
    begin(bench, attempt())
    bench.live(1)
    bench.orders()  # of before the dispatcher has read anything
    bench.live(bench.timers.silence_ms - 2)
    assert bench.take(TakeBack) == []
    bench.live(1)
    assert bench.one(TakeBack).attempts == (attempt(task=1),)
    bench.does(bench.core.taken_back([attempt(task=1)], bench.now))
    assert bench.told(Report)[-1].returned == (attempt(task=1),)
    assert bench.core.held() == [attempt()]
    assert bench.take(Kill) == []


def test_a_worker_that_stood_still_hands_back_what_waits_whatever_it_finds_unread() -> None:
    """Orders that came while it stood say nothing about whether it was given up since."""
    bench = working(attempt(), attempt(task=1), slots=2)
    begin(bench, attempt())
    bench.now += bench.timers.silence_ms
    bench.orders(attempt(task=2))
    assert bench.executes() == [attempt(), attempt(task=1)]
    assert bench.one(TakeBack).attempts == (attempt(task=1),)


def test_an_answer_that_the_dispatcher_still_hears_it_ends_a_worker_s_doubt() -> None:
    bench = working(attempt(), attempt(task=1), slots=2)
    begin(bench, attempt())
    for _ in range(5):
        bench.live(bench.timers.beat_ms)
        bench.orders(echo=bench.told(Report)[-1].seq)
    assert bench.take(TakeBack) == []


# ---------------------------------------------------------------- leaving


def test_a_draining_worker_without_tasks_leaves_at_once() -> None:
    bench = working()
    bench.does(bench.core.drain(bench.now))
    assert len(bench.told(Bye)) == 1
    assert bench.one(Stop) == Stop("")
    assert bench.live(100_000) == 0


def test_a_draining_worker_grants_nothing_hands_back_what_waits_and_finishes_what_runs() -> None:
    bench = working(attempt(), attempt(task=1))
    begin(bench, attempt())
    bench.does(bench.core.drain(bench.now))
    assert bench.one(TakeBack).attempts == (attempt(task=1),)
    bench.does(bench.core.taken_back([attempt(task=1)], bench.now))
    reports = bench.told(Report)
    assert {report.window for report in reports} == {0}
    assert [a for report in reports for a in report.returned] == [attempt(task=1)]
    end(bench, attempt())
    assert bench.take(Stop) == []
    bench.orders(recorded=[attempt()])
    assert len(bench.told(Bye)) == 1
    assert bench.one(Stop) == Stop("")


def test_a_drain_that_takes_too_long_stops_what_runs_and_says_that_it_had_begun() -> None:
    timers = Timers(drain_ms=1_000)
    bench = working(attempt(), timers=timers)
    begin(bench, attempt())
    bench.does(bench.core.drain(bench.now))
    bench.live(1_000)
    assert bench.one(Kill).attempts == (attempt(),)
    reports = bench.told(Report)
    assert reports[-1].returned == (attempt(),)
    assert attempt() in {a for report in reports for a in report.started}
    assert bench.one(Stop) == Stop("")


def test_a_short_drain_tells_of_a_start_that_was_not_told_before() -> None:
    bench = working(attempt(), timers=Timers(drain_ms=1))
    begin(bench, attempt())
    bench.does(bench.core.drain(bench.now))
    bench.live(1)
    (report,) = [report for report in bench.told(Report) if report.returned]
    assert (report.started, report.returned) == ((attempt(),), (attempt(),))


def test_a_worker_leaves_in_the_end_even_if_nobody_records_what_it_made() -> None:
    bench = working(attempt())
    end(bench, attempt())
    bench.does(bench.core.drain(bench.now))
    bench.live(bench.timers.drain_ms + bench.timers.silence_ms)
    assert bench.one(Stop) == Stop("")


def test_what_is_assigned_to_a_draining_worker_is_handed_back() -> None:
    bench = working(attempt())
    begin(bench, attempt())
    bench.does(bench.core.drain(bench.now))
    bench.take(TakeBack)
    bench.orders(attempt(task=1))
    assert bench.one(TakeBack).attempts == (attempt(task=1),)
