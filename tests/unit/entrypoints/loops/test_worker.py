"""The loop of a worker: what it has done when it comes to the named points of its code."""

import asyncio
from collections.abc import Sequence

from gofer.adapters.clock import SystemClock
from gofer.adapters.memory.clock import SeededEntropy
from gofer.adapters.memory.executor import InlineExecutor, scripted
from gofer.adapters.memory.link import MemoryHub
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.function import Environment
from gofer.domain.identifiers import Attempt, TaskId, WorkerId
from gofer.domain.policy import Timers
from gofer.domain.ports import Point
from gofer.domain.protocol.messages import Assignment, FunctionBody, Hello, Orders, Welcome
from gofer.entrypoints.loops.worker import Worker

HERE = Environment("cpython", (3, 11))
ATTEMPT = Attempt(TaskId("task"), 1, "token")
TASK = Assignment(ATTEMPT, "f", b"")


class Given(InlineExecutor):
    """Keeps what it is given; nothing of it runs."""

    def __init__(self) -> None:
        super().__init__(scripted({}))
        self.attempts: list[Attempt] = []

    def execute(self, assignments: Sequence[Assignment]) -> None:
        self.attempts += [each.attempt for each in assignments]


class Passed(CountingTelemetry):
    """Keeps what the executor had been given at each point, in order."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.points: list[tuple[Point, int]] = []
        self.executing = asyncio.Event()
        self._given = given

    def point(self, point: Point) -> None:
        self.points.append((point, len(self._given.attempts)))
        if point is Point.EXECUTING:
            self.executing.set()


async def test_a_welcome_and_orders_that_come_at_once_pass_their_points_before_anything_runs() -> (
    None
):
    hub, given, timers = MemoryHub(), Given(), Timers()
    link, passed = hub.link(), Passed(given)
    worker = Worker(
        WorkerId("w"), hub.uplink(), given, SystemClock(), SeededEntropy(0), timers, HERE, passed
    )
    running = asyncio.create_task(worker.run())
    (hello,) = await link.receive()
    assert isinstance(hello.message, Hello)
    session = hello.message.session
    link.send(hello.peer, Welcome(session, timers.lease_ms, timers.beat_ms))
    link.send(
        hello.peer,
        Orders(session, 1, 0, timers.lease_ms, (FunctionBody("f", b""),), (TASK,)),
    )
    await passed.executing.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert passed.points == [(Point.WELCOMED, 0), (Point.ORDERED, 0), (Point.EXECUTING, 1)]
