"""Any sequence of events leaves the dispatcher's core sound: it never spins, never holds twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gofer.domain.identifiers import FunctionId, Session
from gofer.domain.output import Piece
from gofer.domain.ports import Hint, Written
from gofer.domain.protocol.effects import (
    Brought,
    CallAdopt,
    CallClaim,
    CallHush,
    CallListen,
    CallMuster,
    CallReap,
    CallRecord,
    CallRelease,
    CallRenew,
    CallShow,
    CallStart,
)
from tests.support.simulation.benches import DONE, WORKER, DispatcherBench, attempt, lease
from tests.support.simulation.plan import FUNCTIONS

ALL_CALLS = (
    CallAdopt,
    CallClaim,
    CallHush,
    CallListen,
    CallMuster,
    CallReap,
    CallRecord,
    CallRelease,
    CallRenew,
    CallShow,
    CallStart,
)

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["hello", "report", "bye", "answer", "fail", "hint", "drop", "wait", "drain", "gone"]
        ),
        st.integers(0, 3),
    ),
    max_size=40,
)


class Driver:
    """Plays any sequence of events, and looks after every tick whether the core would spin."""

    def __init__(self) -> None:
        self.bench = DispatcherBench()
        self.session = Session(f"{WORKER}.1", 0)
        self.tasks = 0
        self.bench.tick()

    def play(self, event: str, choice: int) -> None:
        """Play one event."""
        bench = self.bench
        match event:
            case "hello":
                self.session = Session(f"{WORKER}.{choice % 2}", self.session.epoch + choice)
                held = [attempt(1, task) for task in range(choice)]
                bench.hello(session=self.session, window=choice, held=held)
            case "report":
                held = bench.core.in_hand()[:choice]
                bench.report(
                    self.session,
                    window=choice,
                    started=held[:1],
                    finished=dict.fromkeys(held[1:2], DONE),
                    returned=held[2:],
                    shown=[Piece(each, 0, b"x") for each in held[:1]],
                )
            case "bye":
                bench.bye(self.session)
            case "answer" | "fail":
                self._answer(event == "fail", choice)
            case "hint":
                cancelled = tuple(a.task_id for a in bench.core.in_hand()[:choice])
                bench.does(bench.core.hinted(Hint(choice > 1, cancelled), bench.now))
            case "drop":
                bench.does(bench.core.undeliverable(WORKER, bench.now))
            case "wait":
                bench.tick((1, 60, 2_000, 40_000)[choice])
            case "drain":
                bench.does(bench.core.drain(bench.now))
            case _:
                bench.does(bench.core.renewed(bench.core.in_hand()[:choice], bench.now))

    def _answer(self, fails: bool, choice: int) -> None:  # noqa: FBT001 - two ways to answer
        bench = self.bench
        calls = [call for call in bench.waiting if isinstance(call, ALL_CALLS)]
        if not calls:
            return
        call = calls[choice % len(calls)]
        bench.waiting.remove(call)
        if fails:
            bench.does(bench.core.failed(call, bench.now))
            return
        if isinstance(call, CallShow):
            bench.does(bench.core.shown(bench.now))
        elif isinstance(call, CallMuster):
            bench.does(bench.core.mustered([WORKER][: choice % 2], bench.now))
        elif isinstance(call, CallListen | CallHush):
            self._hint(call, choice)
        elif isinstance(call, CallClaim | CallAdopt | CallReap):
            self._give(call, choice)
        else:
            self._confirm(call, choice)

    def _hint(self, call: CallListen | CallHush, choice: int) -> None:
        """Have nothing to tell, or hand tasks over; to one that leaves, what came before."""
        bench = self.bench
        most = 1 if isinstance(call, CallHush) else sum(wanted for _, wanted in call.wants)
        count = min(most, choice)
        hint = Hint(tasks=tuple(lease(1, self.tasks + n) for n in range(count)))
        self.tasks += count
        brought = Brought({FunctionId(each.id): each for each in FUNCTIONS}, bench.now - choice)
        if isinstance(call, CallHush):
            bench.does(bench.core.hushed(hint, bench.now, brought))
        else:
            bench.does(bench.core.hinted(hint, bench.now, brought))

    def _give(self, call: CallClaim | CallAdopt | CallReap, choice: int) -> None:
        bench = self.bench
        match call:
            case CallClaim():
                most = sum(wanted for _, wanted in call.wants)
                leases = [lease(1 + choice % 2, self.tasks + n) for n in range(most)]
                self.tasks += most
                bench.waiting.append(call)
                others = [e for e in bench.waiting if isinstance(e, CallClaim)]
                assert len(others) == 1, "two claims at once"
                bench.claims(*leases)
            case CallAdopt():
                leases_or_none = [None if choice else lease(a.number) for a in call.attempts]
                bench.does(bench.core.adopted(call, leases_or_none, bench.now))
            case CallReap():
                bench.does(bench.core.reaped([], bench.now))

    def _confirm(self, call: CallStart | CallRecord | CallRelease | CallRenew, choice: int) -> None:
        bench, written = self.bench, list(Written)[choice]
        match call:
            case CallStart():
                answers = [written] * len(call.attempts)
                bench.does(bench.core.start_noted(call, answers, bench.now))
            case CallRecord():
                bench.does(bench.core.recorded(call, [written] * len(call.records), bench.now))
            case CallRelease():
                bench.does(bench.core.released(call, bench.now))
            case CallRenew():
                bench.does(bench.core.renewed(call.attempts[:choice], bench.now))

    def check_no_spin(self) -> None:
        """Tick when the core wants to; it must then want to later."""
        bench = self.bench
        due = bench.core.next_tick_ms(bench.now)
        if due < float("inf"):
            bench.now = max(bench.now, due)
            bench.tick()
            assert bench.core.next_tick_ms(bench.now) > bench.now

    def check_hands(self) -> None:
        """Nothing may be in two hands at once."""
        held = self.bench.core.in_hand()
        assert len(set(held)) == len(held)


@settings(deadline=None)
@given(EVENTS)
def test_after_any_sequence_of_events_a_tick_is_followed_by_a_pause(
    events: list[tuple[str, int]],
) -> None:
    driver = Driver()
    for event, choice in events:
        driver.play(event, choice)
        driver.check_hands()
        driver.check_no_spin()
