"""What running attempts show, on its way through both cores."""

from math import inf

from gofer.domain.function import Environment
from gofer.domain.identifiers import Attempt, Session, WorkerId
from gofer.domain.output import TAIL_BYTES, Piece, Progress
from gofer.domain.policy import Timers
from gofer.domain.ports import Began, Ended
from gofer.domain.protocol.effects import CallShow, Tell
from gofer.domain.protocol.messages import Assignment, Orders, Report, Unknown, Welcome
from gofer.domain.protocol.relay import ATTEMPTS_MOST, Relay
from gofer.domain.protocol.showing import SHOW_MS, SHOWN_BYTES, Showing
from gofer.domain.protocol.worker import WorkerCore
from tests.support.simulation.benches import DONE, WORKER, DispatcherBench, attempt, lease

HALF = Progress(1, 2)


def piece(start: int, data: bytes = b"", progress: Progress | None = None, task: int = 0) -> Piece:
    return Piece(attempt(task=task), start, data, progress)


# ---------------------------------------------------------------- the worker


class Connected:
    """A worker's core with one running attempt in an open session, without a dispatcher."""

    def __init__(self) -> None:
        environment = Environment("cpython", (3, 11))
        self.core = WorkerCore(WorkerId("w"), "i", 1, environment, Timers(), lambda: 0.5, 0.0)
        self.core.tick(0.0)
        self.open()
        orders = Orders(self.core.session, 1, 0, 30_000, assign=(Assignment(attempt(), "d", b""),))
        self.core.received([orders], 0.0)
        self.core.executed([Began(attempt())], 0.0)
        self.core.tick(60.0)

    def open(self) -> None:
        self.core.received([Welcome(self.core.session, 30_000, 2_000)], 0.0)

    def shows(self, *pieces: Piece, now: float, ends: bool = False) -> list[Report]:
        """Return the reports that follow pieces, and the end of the attempt."""
        ended = [Ended(attempt(), DONE)] if ends else []
        effects = self.core.executed([*pieces, *ended], now)
        return [e.message for e in effects if isinstance(e, Tell) and isinstance(e.message, Report)]


def test_a_piece_is_reported_at_once_and_the_next_ones_together() -> None:
    worker = Connected()
    (report,) = worker.shows(piece(0, b"a"), now=1_000)
    assert report.shown == (piece(0, b"a"),)
    assert worker.shows(piece(1, b"b"), now=1_010) == []
    assert worker.shows(piece(2, b"c", HALF), now=1_020) == []
    assert worker.core.next_tick_ms() == 1_000 + SHOW_MS
    (tell,) = (e for e in worker.core.tick(1_000 + SHOW_MS) if isinstance(e, Tell))
    assert isinstance(tell.message, Report)
    assert tell.message.shown == (piece(1, b"bc", HALF),)


def test_the_rest_is_reported_with_the_outcome() -> None:
    worker = Connected()
    worker.shows(piece(0, b"a"), now=1_000)
    (report,) = worker.shows(piece(1, b"b"), now=1_001, ends=True)
    assert report.shown == (piece(1, b"b"),)
    assert [each.attempt for each in report.finished] == [attempt()]


def test_a_new_session_shows_everything_again() -> None:
    worker = Connected()
    worker.shows(piece(0, b"a"), piece(1, b"b", HALF), now=1_000)
    worker.core.received([Unknown(worker.core.session)], 1_100)
    effects = worker.core.received([Welcome(worker.core.session, 30_000, 2_000)], 1_200)
    said = [e.message for e in effects if isinstance(e, Tell)]
    shown = [each.shown for each in said if isinstance(each, Report)]
    assert shown == [(piece(0, b"ab", HALF),)]


def test_of_an_attempt_that_is_not_held_nothing_is_shown() -> None:
    worker = Connected()
    assert worker.shows(piece(0, b"a", task=7), now=1_000) == []


def test_a_worker_with_nothing_to_show_has_nothing_due() -> None:
    assert Showing().due_ms == inf
    assert not Showing().tails


def test_a_report_carries_so_many_bytes_and_the_rest_goes_with_the_next() -> None:
    showing = Showing()
    count = 2 * SHOWN_BYTES // TAIL_BYTES
    for task in range(count):
        showing.add(piece(0, b"x" * TAIL_BYTES, task=task))
    told = [showing.take(0.0), showing.take(0.0)]
    assert [len(each) for each in told] == [count // 2, count // 2]
    assert showing.due_ms == inf


# ---------------------------------------------------------------- the dispatcher


def shows(bench: DispatcherBench, session: Session, *pieces: Piece) -> None:
    bench.report(session, shown=pieces)


def test_what_a_worker_shows_is_written_down_one_call_at_a_time() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    shows(bench, session, piece(0, b"a"))
    shows(bench, session, piece(1, b"b"))
    shows(bench, session, piece(2, b"c", HALF))
    call = bench.one(CallShow)
    assert call.pieces == (piece(0, b"a"),)
    bench.does(bench.core.shown(bench.now))
    assert bench.one(CallShow).pieces == (piece(1, b"bc", HALF),)


def test_what_the_store_did_not_take_goes_with_what_comes_after() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    shows(bench, session, piece(0, b"a", HALF))
    call = bench.one(CallShow)
    shows(bench, session, piece(1, b"b"))
    bench.does(bench.core.failed(call, bench.now))
    bench.live(5_000)
    assert bench.one(CallShow).pieces == (piece(0, b"ab", HALF),)


def test_what_comes_with_the_outcome_is_written_down_too() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.report(session, shown=[piece(0, b"end")], finished={attempt(): DONE})
    assert bench.one(CallShow).pieces == (piece(0, b"end"),)


def test_of_an_attempt_of_somebody_else_nothing_is_written_down() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    shows(bench, session, piece(0, b"a", task=3))
    assert bench.take(CallShow) == []
    assert WORKER in bench.core.workers


def test_pieces_that_wait_for_the_store_are_bounded() -> None:
    relay = Relay()
    relay.add(piece(0, b"x", task=n) for n in range(ATTEMPTS_MOST + 5))
    (call,) = relay.calls()
    assert len(call.pieces) == ATTEMPTS_MOST
    assert call.pieces[0].attempt == Attempt(attempt(task=5).task_id, 1, "t")
