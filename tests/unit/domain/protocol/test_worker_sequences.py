"""Any sequence of events leaves the worker's core sound: it never spins, never runs twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gofer.domain.errors import ProtocolViolation
from gofer.domain.ports import Began, Ended
from gofer.domain.protocol.effects import TakeBack
from gofer.domain.protocol.messages import Hello, Refused, Report, Unknown, Welcome
from gofer.domain.task import Cause, Failure
from tests.support.simulation.benches import attempt
from tests.support.simulation.worker_bench import WorkerBench

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("welcome", "orders", "lost", "cancel", "answer", "unknown", "refused", "rubbish"),
                *("began", "ended", "taken", "unrunnable", "wait", "drain"),
            ]
        ),
        st.integers(0, 3),
    ),
    max_size=40,
)


class Driver:
    """Plays any sequence of events on a worker's core."""

    def __init__(self) -> None:
        self.bench = WorkerBench(slots=2)
        self.tasks = 0
        self.bench.tick()

    def play(self, event: str, choice: int) -> None:
        """Play one event."""
        if event in {"began", "ended", "taken", "unrunnable", "wait", "drain"}:
            self._happens(event, choice)
        else:
            self._arrives(event, choice)

    def _arrives(self, event: str, choice: int) -> None:
        bench, session = self.bench, self.bench.core.session
        held = bench.core.held()[:choice]
        match event:
            case "welcome":
                bench.welcome(drop=held)
            case "orders" | "lost":
                new = [attempt(task=self.tasks + n) for n in range(choice)]
                self.tasks += choice
                bench.orders(*new, serial=90 if event == "lost" else None)
            case "cancel":
                bench.orders(cancel=held)
            case "answer":
                seq = bench.told(Report)[-1:]
                bench.orders(recorded=held, echo=seq[0].seq if seq else 0)
            case "unknown":
                bench.hears(Unknown(session))
            case "refused":
                bench.hears(Refused(session, "no", final=choice == 3))
            case _:
                bench.hears(ProtocolViolation("rubbish"), Welcome(session, 1, 1))

    def _happens(self, event: str, choice: int) -> None:
        bench, core = self.bench, self.bench.core
        held = core.held()[:choice]
        match event:
            case "began":
                bench.does(core.executed([Began(a, ago_ms=choice) for a in held], bench.now))
            case "ended":
                failure = Failure(Cause.EXIT, "Exit", "", run_ms=choice * 150)
                bench.does(core.executed([Ended(a, failure) for a in held], bench.now))
            case "taken":
                asked = [a for effect in bench.take(TakeBack) for a in effect.attempts]
                bench.does(core.taken_back(asked[:choice], bench.now))
            case "unrunnable":
                bench.does(core.unrunnable(held, bench.now))
            case "drain":
                bench.does(core.drain(bench.now))
            case _:
                bench.tick((1, 60, 2_000, 40_000)[choice])

    def check_no_spin(self) -> None:
        """Tick when the core wants to; it must then want to later."""
        bench = self.bench
        due = bench.core.next_tick_ms()
        if due < float("inf"):
            bench.now = max(bench.now, due)
            bench.tick()
            assert bench.core.next_tick_ms() > bench.now


@settings(deadline=None)
@given(EVENTS)
def test_after_any_sequence_of_events_a_tick_is_followed_by_a_pause(
    events: list[tuple[str, int]],
) -> None:
    driver = Driver()
    for event, choice in events:
        driver.play(event, choice)
        held = driver.bench.core.held()
        assert len(set(held)) == len(held)
        driver.check_no_spin()
    executed = driver.bench.executes()
    assert len(set(executed)) == len(executed)
    assert all(hello.slots == 2 for hello in driver.bench.told(Hello))
