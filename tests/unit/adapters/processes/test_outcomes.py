"""Events on their way, and failures with their evidence."""

from gofer.adapters.processes import outcomes
from gofer.adapters.processes.frames import Trouble
from gofer.domain.ports import Began, Ended, ExecutorEvent
from gofer.domain.task import Cause, Success
from tests.contracts.executor import an_attempt


async def test_events_are_heard_once_and_in_order() -> None:
    events = outcomes.Events()
    said: list[ExecutorEvent] = [Began(an_attempt()), Ended(an_attempt(), Success(b""))]
    for event in said:
        events.say(event)
    assert await events.hear() == said
    later = Began(an_attempt())
    events.say(later)
    assert await events.hear() == [later]


async def test_what_is_unsaid_is_not_heard() -> None:
    events = outcomes.Events()
    kept, dropped = Began(an_attempt()), Began(an_attempt())
    events.say(dropped)
    events.say(kept)
    events.unsay({dropped.attempt})
    assert await events.hear() == [kept]


def test_a_failure_carries_its_evidence() -> None:
    trouble = Trouble(Cause.SIGNAL, "ProcessKilled", "gone", signal=9)
    failure = outcomes.failure(
        trouble, an_attempt(), "worker", rss_kb=5, run_ms=1.5, output="words"
    )
    seen = (failure.cause, failure.signal, failure.worker, failure.attempt, failure.output)
    assert seen == (Cause.SIGNAL, 9, "worker", 1, "words")
    assert (failure.peak_rss_kb, failure.run_ms) == (5, 1.5)


def test_a_cause_that_does_not_exist_is_the_code_s_own_doing() -> None:
    failure = outcomes.failure(Trouble("nonsense", "T", "m"), an_attempt(), "worker")
    assert failure.cause is Cause.EXCEPTION
