"""How a worker's sessions open, break and are mended."""

import pytest

from gofer.domain.errors import ProtocolViolation
from gofer.domain.identifiers import Session
from gofer.domain.policy import RECONNECT_MS, Timers
from gofer.domain.ports import Began, Ended
from gofer.domain.protocol.effects import Execute, Kill, Note, Reset, Stop
from gofer.domain.protocol.messages import Hello, Orders, Read, Refused, Report, Unknown, Welcome
from tests.support.simulation.benches import DONE, attempt
from tests.support.simulation.worker_bench import WorkerBench


def connected(slots: int = 1, timers: Timers | None = None) -> WorkerBench:
    bench = WorkerBench(slots, timers)
    bench.welcome()
    bench.told(Report)
    return bench


def test_a_worker_says_hello_at_once_and_is_not_connected_before_the_welcome() -> None:
    bench = WorkerBench(slots=3)
    bench.tick()
    assert not bench.core.connected
    hello = bench.welcome()
    assert (hello.slots, hello.window, hello.held) == (3, 3, ())
    assert bench.core.connected


def test_a_hello_without_an_answer_is_repeated_less_and_less_often() -> None:
    bench = WorkerBench()
    bench.tick()
    times: list[float] = []
    for _ in range(8):
        due = bench.core.next_tick_ms()
        times.append(due - bench.now)
        bench.tick(due - bench.now)
    assert times == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000]
    assert len(bench.told(Hello)) == 9
    assert RECONNECT_MS == (1_000, 32_000)


def test_a_worker_that_waited_long_for_its_dispatcher_does_not_stop_its_first_tasks() -> None:
    """The fence counts from the Hello that was answered, not from one sent minutes before."""
    bench = WorkerBench()
    bench.live(100_000)
    bench.told(Hello)
    bench.tick(bench.core.next_tick_ms() - bench.now)
    bench.welcome()
    bench.orders(attempt(), echo=0)
    assert bench.executes() == [attempt()]
    assert bench.take(Kill) == []
    assert bench.core.connected


def test_hellos_within_the_time_of_silence_are_of_one_session() -> None:
    bench = WorkerBench()
    bench.live(5_000)
    assert {hello.session.epoch for hello in bench.told(Hello)} == {0}
    bench.live(5_000)
    assert {hello.session.epoch for hello in bench.told(Hello)} == {1}


def test_messages_of_another_session_are_ignored() -> None:
    bench = connected()
    bench.hears(Unknown(Session("w1.1", 7)), Welcome(Session("other", 0), 1, 1))
    assert bench.core.connected
    assert bench.core.session == Session("w1.1", 0)


def test_a_message_that_could_not_be_read_is_noted_and_changes_nothing() -> None:
    bench = connected()
    bench.hears(ProtocolViolation("rubbish"))
    assert bench.core.connected
    assert [note.level for note in bench.take(Note)] == ["info", "warning"]


def test_orders_that_come_before_the_welcome_are_ignored() -> None:
    bench = WorkerBench()
    bench.tick()
    bench.orders(attempt())
    assert bench.executes() == []


def test_a_welcome_that_comes_twice_changes_nothing() -> None:
    bench = connected()
    bench.orders(attempt())
    bench.hears(Welcome(bench.core.session, 25_000, bench.timers.beat_ms))
    bench.orders(attempt(task=1))
    assert bench.executes() == [attempt(), attempt(task=1)]


def test_another_welcome_to_an_open_session_means_that_it_was_forgotten_meanwhile() -> None:
    """A late duplicate of the Hello has opened it anew, with other numbers."""
    bench = connected()
    bench.hears(Welcome(bench.core.session, 25_000, bench.timers.beat_ms, drop=(attempt(),)))
    assert not bench.core.connected
    assert bench.told(Hello)[-1].session.epoch == 1


def test_orders_that_come_twice_are_carried_out_once() -> None:
    bench = connected()
    orders = bench.orders(attempt())
    bench.does(bench.core.executed([Ended(attempt(), DONE)], bench.now))
    bench.orders(recorded=[attempt()])
    bench.hears(orders)
    assert bench.executes() == [attempt()]
    assert bench.core.connected


def test_lost_orders_are_noticed_at_the_next_and_hello_lists_what_is_held() -> None:
    bench = connected(slots=2)
    bench.orders(attempt())
    bench.orders(attempt(task=1), serial=7)
    assert bench.executes() == [attempt()]
    (hello,) = bench.told(Hello)
    assert hello.session.epoch == 1
    assert hello.held == (attempt(),)


def test_unknown_makes_the_worker_say_hello_with_the_next_epoch() -> None:
    bench = connected()
    bench.hears(Unknown(bench.core.session))
    (hello,) = bench.told(Hello)
    assert hello.session == Session("w1.1", 1)


def test_a_silent_dispatcher_makes_the_worker_connect_anew() -> None:
    bench = connected()
    bench.live(bench.timers.silence_ms)
    assert bench.one(Reset) == Reset()
    assert bench.told(Hello)[0].session.epoch == 1


def test_a_new_session_repeats_outcomes_and_starts() -> None:
    bench = connected(slots=2)
    bench.orders(attempt(), attempt(task=1))
    bench.does(bench.core.executed([Began(attempt()), Began(attempt(task=1))], bench.now))
    bench.does(bench.core.executed([Ended(attempt(), DONE)], bench.now))
    bench.live(100)
    bench.told(Report)
    bench.hears(Unknown(bench.core.session))
    hello = bench.welcome()
    assert set(hello.held) == {attempt(), attempt(task=1)}
    (report,) = bench.told(Report)
    assert report.seq == 1
    assert [finished.attempt for finished in report.finished] == [attempt()]
    assert report.started == (attempt(task=1),)


def test_what_is_handed_back_between_hello_and_welcome_is_told_after_the_welcome() -> None:
    """The Hello has listed it as held: the dispatcher would keep its lease for ever."""
    bench = connected()
    bench.orders(attempt(), attempt(task=1))
    bench.does(bench.core.executed([Began(attempt())], bench.now))
    bench.hears(Unknown(bench.core.session))
    bench.does(bench.core.drain(bench.now))
    bench.does(bench.core.taken_back([attempt(task=1)], bench.now))
    bench.welcome()
    assert [report.returned for report in bench.told(Report)] == [(attempt(task=1),)]


def test_what_was_handed_back_before_hello_is_not_told_again() -> None:
    bench = connected()
    bench.orders(attempt())
    bench.does(bench.core.taken_back([attempt()], bench.now))
    bench.told(Report)
    bench.hears(Unknown(bench.core.session))
    assert bench.welcome().held == ()
    assert [report.returned for report in bench.told(Report)] == [()]


def test_what_was_handed_back_is_listed_by_hello_until_the_dispatcher_has_read_it() -> None:
    bench = connected()
    bench.orders(attempt())
    bench.does(bench.core.taken_back([attempt()], bench.now))
    (report,) = bench.told(Report)
    assert report.returned == (attempt(),)
    bench.hears(Unknown(bench.core.session))
    assert bench.welcome().returned == (attempt(),)
    bench.hears(Unknown(bench.core.session))
    assert bench.welcome().returned == ()


def test_what_was_handed_back_in_a_report_that_was_read_is_not_listed_by_hello() -> None:
    bench = connected()
    bench.orders(attempt())
    bench.does(bench.core.taken_back([attempt()], bench.now))
    bench.orders(echo=bench.told(Report)[-1].seq)
    bench.hears(Unknown(bench.core.session))
    assert bench.welcome().returned == ()


def test_hello_says_how_far_the_worker_has_read() -> None:
    bench = connected()
    bench.orders()
    bench.orders()
    bench.hears(Unknown(bench.core.session))
    assert bench.welcome().read == Read(0, 2)
    bench.hears(Unknown(bench.core.session))
    assert bench.welcome().read == Read(1, 0)


def test_what_the_welcome_drops_is_killed_and_forgotten() -> None:
    bench = connected(slots=2)
    bench.orders(attempt(), attempt(task=1))
    bench.does(bench.core.executed([Ended(attempt(task=1), DONE)], bench.now))
    bench.hears(Unknown(bench.core.session))
    bench.welcome(drop=[attempt(), attempt(task=1)])
    assert bench.one(Kill).attempts == (attempt(),)
    assert bench.core.held() == []


def test_a_worker_that_is_refused_for_now_tries_again() -> None:
    bench = WorkerBench()
    bench.tick()
    bench.told(Hello)
    bench.hears(Refused(bench.core.session, "another worker", final=False))
    bench.live(1_000)
    assert len(bench.told(Hello)) == 1


def test_a_refusal_that_comes_late_does_not_break_an_open_session() -> None:
    bench = connected()
    bench.hears(Refused(bench.core.session, "another worker", final=False))
    assert bench.core.connected


def test_a_worker_that_is_refused_for_good_stops_and_keeps_quiet() -> None:
    bench = WorkerBench()
    bench.tick()
    bench.told(Hello)
    bench.hears(Refused(bench.core.session, "version", final=True))
    assert "version" in bench.one(Stop).error
    assert bench.live(100_000) == 0
    assert bench.told(Hello) == []


def test_a_function_that_the_executor_lost_is_asked_for_by_a_new_session() -> None:
    bench = connected()
    bench.orders(attempt())
    bench.take(Execute)
    bench.does(bench.core.unrunnable([attempt()], bench.now))
    (hello,) = bench.told(Hello)
    assert hello.held == ()
    assert hello.returned == (attempt(),)


@pytest.mark.parametrize("echo", [0, 99])
def test_an_echo_of_nothing_we_sent_moves_the_fence_from_the_hello_only(echo: int) -> None:
    bench = connected()
    bench.now += 4_000
    bench.orders(attempt(), echo=echo, lease_ms=6_000)
    assert bench.take(Kill) == []
    assert isinstance(bench.orders(lease_ms=6_000), Orders)
