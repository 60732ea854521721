"""The stage of one crash: a real system in one mode, the part that dies, and what must hold after.

What a crash may cost is said where it is played (``crash_scenarios.py``); that nothing is lost,
recorded twice or paid for in vain holds everywhere, and is checked here.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gofer.domain.ports import Point
from tests.support.accounts import accounts
from tests.support.caller import Caller
from tests.support.chores import Trace, traced_nap
from tests.support.processes import StartedProcess
from tests.support.system import Doomed, System
from tests.support.waiting import wait_until


@dataclass(slots=True)
class Stage:
    """A system in one mode, the part that dies on it, and the tasks that must survive."""

    system: System
    trace: Trace
    mode: str
    point: Point
    how: str
    timers: dict[str, str]
    caller: Caller = field(init=False)
    nap: str = field(init=False)
    tasks: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.caller = self.system.caller()
        self.nap = self.caller.register(traced_nap())

    def submit(self, name: str, seconds: float) -> None:
        """Have a task run that leaves its name in the trace."""
        self.tasks[name] = self.caller.execute(self.nap, self.trace.path, name, seconds)

    def begun(self, count: int) -> Callable[[], bool]:
        """Return whether this many runs have begun, as a question."""
        return lambda: len(self.trace.runs()) >= count

    # ------------------------------------------------------------ parts

    def dispatcher(self, slots: int = 2) -> StartedProcess:
        """Start a healthy dispatcher."""
        return self.system.start_dispatcher(self.mode, slots=slots, **self.timers)

    def worker(self, slots: int = 2) -> StartedProcess | None:
        """Start a healthy worker, where the mode has any."""
        if self.mode == "local":
            return None
        return self.system.start_worker(self.mode, slots=slots, **self.timers)

    def doomed_dispatcher(self, point: Point | None = None, slots: int = 2) -> Doomed:
        """Start a dispatcher that dies at this stage's point, or at another."""
        arguments = ["-m", self.mode, "-p", str(self.system.port), "-w", str(slots)]
        how = self.how if point is None else "at"
        return self.system.start_doomed(
            point or self.point, how, "dispatcher", *arguments, **self.timers
        )

    def doomed_worker(self, slots: int = 2) -> Doomed:
        """Start a worker that dies at this stage's point."""
        url = f"tcp://127.0.0.1:{self.system.port}"
        arguments = ["worker", self.mode, str(slots), url]
        return self.system.start_doomed(self.point, self.how, *arguments, **self.timers)

    def ends_or(self, doomed: Doomed, name: str) -> bool:
        """Wait until a task has ended, or a part has come to its point; return whether it has."""
        task_id = self.tasks[name]
        wait_until(
            lambda: doomed.is_there or self.caller.result(task_id) is not None, f"{name} ends", 20
        )
        return doomed.is_there

    # ------------------------------------------------------------ what must hold

    def check(self, least: int, most: int) -> None:
        """Have every task end right and stay so, and no more run again than the point allows."""
        self.submit("later", 0)
        ids = list(self.tasks.values())
        first = self.caller.endings(ids, timeout=40)
        assert [(each.status, each.value) for each in first] == [
            ("COMPLETED", name) for name in self.tasks
        ]
        runs = Counter(run.name for run in self.trace.runs())
        known = accounts(self.system.store_url, ids)
        for name, task_id in self.tasks.items():
            task = known[task_id]
            assert runs[name] >= 1, f"{name} completed without a run"
            assert runs[name] <= task.attempt, f"an attempt of {name} ran twice"
            paid = task.spent.strikes + task.spent.losses
            assert paid <= runs[name] - 1, f"{name} paid {task.spent} for {runs[name]} runs"
        again = sum(runs.values()) - len(runs)
        assert least <= again <= most, f"{again} runs too many at {self.point}: {runs}"
        assert self.caller.endings(ids) == first
