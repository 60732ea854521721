"""What is told of the tasks that a violation of chaos names."""

from gofer.domain.attempts import AttemptEnd, AttemptRecord
from gofer.domain.task import Cause, Failure
from tests.support.chaos.checker import Violation
from tests.support.chaos.history import Account, Deed, Fault, History, Kind, Run, Submission
from tests.support.chaos.story import in_words, stories

LOST = AttemptRecord(
    1, AttemptEnd.LOST, "w1", 5_100, None, 7_000, Failure(Cause.WORKER_LOST, "x", "w1 went silent")
)

HISTORY = History(
    mode="push",
    began=10.0,
    ended=30.0,
    submissions=[
        Submission("a-1", Kind.SHORT, "x", 11.0, 11.1, "id-1"),
        Submission("a-10", Kind.SHORT, "x", 12.0, 12.1, "id-10"),
    ],
    runs=[Run("a-1", 101, 100, 12.0, 12.5), Run("a-1", 201, 200, 13.0, 13.1, 13.1)],
    faults=[
        Fault(Deed.STOP, "worker", 12.1, 15.0, frozenset([100])),
        Fault(Deed.KILL, "api", 20.0, 21.0),
    ],
    accounts={"id-1": Account(2, losses=1, tries=[in_words(LOST, 5.0)])},
)


def test_all_that_is_known_of_a_task_is_told_with_the_violation_that_names_it() -> None:
    (tried,) = HISTORY.accounts["id-1"].tries
    assert stories(HISTORY, [Violation("explained", "a-1 ran, and again")]).splitlines() == [
        "explained: a-1 ran, and again",
        "",
        "a-1, short, sent 1.000:",
        "  ran in 101 of server 100 from 2.000, last seen 2.500",
        "  ran in 201 of server 200 from 3.000, ended 3.100",
        f"  the store: {tried}",
        "  stop worker from 2.100 to 5.000, which had 101",
    ]


def test_an_attempt_is_told_with_why_it_was_not_the_last() -> None:
    words = in_words(LOST, 5.0)
    assert words.startswith("attempt 1 of worker w1, lost, queued 0.100, start told never")
    assert words.endswith(", over 2.000: w1 went silent")


def test_a_task_that_is_named_by_its_id_is_told_as_well() -> None:
    told = stories(HISTORY, [Violation("immutable", "id-10 has 2 outcomes: []")])
    assert "a-10, short, sent 2.000:" in told.splitlines()
    assert "a-1, short, sent 1.000:" not in told.splitlines()
