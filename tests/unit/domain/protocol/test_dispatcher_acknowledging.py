"""When a worker is told that its outcomes are recorded."""

from gofer.domain.ports import Hint
from gofer.domain.protocol.crew import ACKNOWLEDGED_BYTES, ACKNOWLEDGED_MOST
from gofer.domain.protocol.messages import Orders
from gofer.domain.task import Success
from tests.support.simulation.benches import DONE, DispatcherBench, attempt, lease


def told(bench: DispatcherBench) -> list[int]:
    """Return of how many outcomes each of the Orders says that they are recorded."""
    return [len(orders.recorded) for orders in bench.said(Orders)]


def ends(bench: DispatcherBench, result: bytes = b"", window: int = 1, tasks: int = 1) -> None:
    """Have tasks run and end on a worker that was told of them just now, and be recorded."""
    session = bench.gives(*(lease(task=task) for task in range(tasks)))
    bench.said(Orders)
    done = DONE._replace(result=result)
    bench.report(session, window=window, finished={attempt(task=t): done for t in range(tasks)})
    bench.records()


def test_with_the_next_task_that_it_is_given() -> None:
    bench = DispatcherBench()
    ends(bench)
    assert told(bench) == []
    bench.does(bench.core.hinted(Hint(work=True), bench.now))
    bench.claims(lease(task=1))
    assert told(bench) == [1]


def test_with_the_answer_to_its_beat() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.said(Orders)
    bench.report(session, finished={attempt(): DONE})
    bench.records()
    assert told(bench) == []
    bench.report(session)
    assert told(bench) == [1]
    bench.report(session)
    assert told(bench) == [0]


def test_at_once_if_it_has_heard_nothing_for_half_a_beat() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    bench.said(Orders)
    bench.now += bench.timers.beat_ms / 2
    bench.report(session, finished={attempt(): DONE})
    bench.records()
    assert told(bench) == [1]


def test_at_once_if_it_takes_nothing_more() -> None:
    bench = DispatcherBench()
    ends(bench, window=0)
    assert told(bench) == [1]


def test_at_once_if_it_keeps_a_long_result_until_then() -> None:
    bench = DispatcherBench()
    ends(bench, result=b"r" * ACKNOWLEDGED_BYTES)
    assert told(bench) == [1]


def test_at_once_if_it_keeps_many() -> None:
    bench = DispatcherBench()
    ends(bench, tasks=ACKNOWLEDGED_MOST)
    assert told(bench) == [ACKNOWLEDGED_MOST]


def test_at_once_when_the_dispatcher_leaves_and_from_then_on() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(), lease(task=1))
    bench.said(Orders)
    bench.report(session, window=2, finished={attempt(): DONE})
    bench.records()
    assert told(bench) == []
    bench.does(bench.core.drain(bench.now))
    assert told(bench) == [1]
    bench.report(session, window=2, finished={attempt(task=1): Success(b"")})
    bench.records()
    assert told(bench) == [1]
