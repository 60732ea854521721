"""For each named point of the code: how a part gets there, dies, and what may run again.

A scenario plays one crash on a real system: some tasks, a part that dies at the point, its
successor, and one task more. What has to hold after it, whatever the point, is in ``Stage.check``;
a scenario adds how many runs the crash may cost (RELIABILITY.md section 4, rows 1, 6a-6f, 11).
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass

from gofer.domain.ports import Point
from tests.support.crash_stage import Stage
from tests.support.processes import StartedProcess

UNHURRIED = {"GOFER_LEASE_MS": "30000"}
"""Long enough for any successor: what is in a worker's hands is adopted, nothing runs twice."""

PATIENT = {"GOFER_LEASE_MS": "30000", "GOFER_SILENCE_MS": "3000"}
"""Nobody is given up while the dispatcher stands still for a moment."""

HANDED_BY = 20
"""Of so many tasks that come one by one, one at least is handed over and not claimed."""

QUICK: dict[str, str] = {}
"""The lease of a quick system, 2.5 s: what only the store knows of comes back soon."""


# ---------------------------------------------------------------- scenarios


def replace_dispatcher(stage: Stage) -> None:
    """Two tasks wait; the dispatcher dies on their way; another one takes over."""
    for name in ("n0", "n1"):
        stage.submit(name, 0.3)
    stage.worker()
    doomed = stage.doomed_dispatcher()
    doomed.die()
    stage.dispatcher()


def hand_over_to_doomed_dispatcher(stage: Stage) -> None:
    """It is idle, a task comes alone, and it dies with it; another one takes over."""
    stage.worker()
    doomed = stage.doomed_dispatcher()
    doomed.process.wait_for_log("joined")
    for number in range(HANDED_BY):
        stage.submit(f"n{number}", 0)
        if stage.ends_or(doomed, f"n{number}"):
            break
    doomed.die()
    stage.dispatcher()


def replace_dispatcher_once_begun(stage: Stage) -> None:
    """The same, but what it had sent has arrived: both tasks run when it is killed."""
    for name in ("n0", "n1"):
        stage.submit(name, 0.3)
    stage.worker()
    stage.doomed_dispatcher().die(once=stage.begun(2))
    stage.dispatcher()


def replace_dispatcher_while_tasks_last(stage: Stage) -> None:
    """The tasks last longer than a renewal takes to come."""
    for name in ("n0", "n1"):
        stage.submit(name, 1.2)
    stage.worker()
    stage.doomed_dispatcher().die()
    stage.dispatcher()


def replace_dispatcher_twice(stage: Stage) -> None:
    """The second dispatcher dies when it has adopted what the first one had given away."""
    for name in ("n0", "n1"):
        stage.submit(name, 1.5)
    stage.worker()
    first = stage.dispatcher()
    stage.trace.wait_for_begun(2)
    first.kill()
    stage.doomed_dispatcher().die()
    stage.dispatcher()


def reap_twice(stage: Stage) -> None:
    """The first dispatcher dies with claims that nobody knows of, the second as it reaps them."""
    for name in ("n0", "n1"):
        stage.submit(name, 0.1)
    stage.worker()
    stage.doomed_dispatcher(Point.CLAIMED).die()
    stage.doomed_dispatcher().die()
    stage.dispatcher()


def ask_dispatcher_to_leave(stage: Stage) -> None:
    """It is told to leave while both tasks run, and dies before it has done anything about it."""
    for name in ("n0", "n1"):
        stage.submit(name, 1)
    stage.worker()
    doomed = stage.doomed_dispatcher()
    stage.trace.wait_for_begun(2)
    doomed.process.send(signal.SIGTERM)
    doomed.die()
    stage.dispatcher()


def _crowd(stage: Stage, dispatcher: StartedProcess) -> None:
    """Put short tasks behind a long one in a worker's hands, which it will hand back."""
    for number in range(12):  # one by one: none is to be handed back yet, however slow they are
        warm = stage.caller.execute(stage.nap, stage.trace.path, f"warm{number}", 0)
        stage.caller.endings([warm])  # so that the worker has learnt that tasks are short
    dispatcher.send(signal.SIGSTOP)  # so that all of these are claimed together
    stage.submit("long", 1)
    for number in range(4):
        stage.submit(f"behind{number}", 0)
    dispatcher.send(signal.SIGCONT)


def hand_back_to_doomed_dispatcher(stage: Stage) -> None:
    """A worker hands tasks back behind a long one; the dispatcher dies once they are queued."""
    stage.worker(slots=1)
    doomed = stage.doomed_dispatcher(slots=1)
    _crowd(stage, doomed.process)
    doomed.die()
    stage.dispatcher()


def hand_back_from_doomed_worker(stage: Stage) -> None:
    """The worker dies as it takes back what waits behind a long task."""
    dispatcher = stage.dispatcher(slots=1)
    doomed = stage.doomed_worker(slots=1)
    _crowd(stage, dispatcher)
    doomed.die()
    stage.worker(slots=1)


def replace_worker(stage: Stage) -> None:
    """Two tasks wait; the worker dies on their way; another one comes."""
    for name in ("n0", "n1"):
        stage.submit(name, 0.3)
    stage.dispatcher()
    stage.doomed_worker().die()
    stage.worker()


def replace_worker_once_begun(stage: Stage) -> None:
    """The same, but its children have begun both tasks when it is killed."""
    for name in ("n0", "n1"):
        stage.submit(name, 1)
    stage.dispatcher()
    stage.doomed_worker().die(once=stage.begun(2))
    stage.worker()


def replace_worker_once_recorded(stage: Stage) -> None:
    """The same, but what it had reported has arrived and is recorded."""
    for name in ("n0", "n1"):
        stage.submit(name, 0.3)
    stage.dispatcher()
    recorded = stage.tasks.values()
    stage.doomed_worker().die(
        once=lambda: any(stage.caller.result(each) is not None for each in recorded)
    )
    stage.worker()


def ask_worker_to_leave(stage: Stage) -> None:
    """It is told to leave while both tasks run, and dies before it has done anything about it."""
    for name in ("n0", "n1"):
        stage.submit(name, 1)
    stage.dispatcher()
    doomed = stage.doomed_worker()
    stage.trace.wait_for_begun(2)
    doomed.process.send(signal.SIGTERM)
    doomed.die()
    stage.worker()


def cut_worker_off(stage: Stage) -> None:
    """Nobody replaces the dispatcher in time: the worker stops its tasks, and dies as it does."""
    for name in ("n0", "n1"):
        stage.submit(name, 3)
    dispatcher = stage.dispatcher()
    doomed = stage.doomed_worker()
    stage.trace.wait_for_begun(2)
    dispatcher.kill()
    doomed.die()
    stage.dispatcher()
    stage.worker()


# ---------------------------------------------------------------- the table


@dataclass(frozen=True, slots=True)
class Crash:
    """What to play at a point, and how many runs too many it may cost, ``least`` to ``most``."""

    point: Point
    play: Callable[[Stage], None]
    timers: dict[str, str]
    least: int = 0
    most: int = 0
    how: str = "at"
    modes: tuple[str, ...] = ("push",)


BOTH = ("push", "pull")

OF_THE_API = frozenset({Point.API_REGISTERED, Point.API_SUBMITTING, Point.API_SUBMITTED})
"""Each has a test of its own: their tasks are not acknowledged."""

CRASHES = (
    # the dispatcher: whatever a worker holds is adopted, whatever only the store knows of comes
    # back with its lease; nothing runs twice
    Crash(Point.CLAIMING, replace_dispatcher, UNHURRIED),
    Crash(Point.CLAIMED, replace_dispatcher, QUICK, modes=("push", "local")),
    Crash(Point.HANDED, hand_over_to_doomed_dispatcher, QUICK, modes=("push", "local")),
    Crash(Point.SENDING, replace_dispatcher, QUICK),
    # the link may or may not have delivered, and a worker that is cut off for long stops its tasks
    Crash(Point.SENT, replace_dispatcher, QUICK, most=2, modes=BOTH),
    # not in pull mode: there what is sent may wait for the worker's next ask, which nobody reads
    Crash(Point.SENT, replace_dispatcher_once_begun, UNHURRIED, how="after"),
    Crash(Point.STARTED, replace_dispatcher, UNHURRIED),
    Crash(Point.RECEIVED, replace_dispatcher, UNHURRIED, modes=BOTH),
    Crash(Point.RECORDED, replace_dispatcher, UNHURRIED, modes=BOTH),
    Crash(Point.RECORDED, replace_dispatcher, QUICK, most=1, modes=("local",)),
    Crash(Point.ACKNOWLEDGED, replace_dispatcher, UNHURRIED, modes=BOTH),
    Crash(Point.RENEWED, replace_dispatcher_while_tasks_last, UNHURRIED),
    Crash(Point.ADOPTED, replace_dispatcher_twice, UNHURRIED, modes=BOTH),
    Crash(Point.RELEASED, hand_back_to_doomed_dispatcher, PATIENT),
    Crash(Point.REAPED, reap_twice, QUICK),
    Crash(Point.DISPATCHER_DRAINING, ask_dispatcher_to_leave, UNHURRIED),
    # the worker: what had not begun costs nothing, what had runs once more, unless its outcome is
    # recorded
    Crash(Point.WELCOMED, replace_worker, UNHURRIED),
    Crash(Point.ORDERED, replace_worker, UNHURRIED, modes=BOTH),
    Crash(Point.EXECUTING, replace_worker, UNHURRIED, most=2),
    Crash(Point.EXECUTING, replace_worker_once_begun, UNHURRIED, 2, 2, how="after"),
    Crash(Point.BEGAN, replace_worker, UNHURRIED, 1, 2),
    Crash(Point.ENDED, replace_worker, UNHURRIED, 1, 2, modes=BOTH),
    Crash(Point.ENDED, replace_dispatcher, QUICK, 1, 2, modes=("local",)),
    Crash(Point.REPORTED, replace_worker, UNHURRIED, most=2, modes=BOTH),
    Crash(Point.REPORTED, replace_worker_once_recorded, UNHURRIED, most=1, how="after"),
    Crash(Point.FORGOTTEN, replace_worker, UNHURRIED, most=1, modes=BOTH),
    Crash(Point.TAKEN_BACK, hand_back_from_doomed_worker, PATIENT, 1, 1),
    Crash(Point.KILLED, cut_worker_off, QUICK, 2, 2),
    Crash(Point.WORKER_DRAINING, ask_worker_to_leave, UNHURRIED, 2, 2),
)
