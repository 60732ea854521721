"""What the store machine chooses from: numbers, ids and owners, few enough that they meet."""

from collections.abc import Sequence

from hypothesis import strategies as st

from gofer.domain.identifiers import (
    Attempt,
    FunctionId,
    TaskId,
    WorkerId,
    new_batch_id,
    uuid7,
)
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Completion, Defeat
from gofer.domain.task import Backoff, Budget, Cause, Failure, Success
from tests.contracts.store_backend import FOREIGN_TAG, TAG

UNKNOWN = FunctionId(uuid7(5, 5))
STRANGER = Attempt(TaskId(uuid7(6, 6)), 1, "stranger")
BATCHES = [new_batch_id(7, number) for number in (1, 2)]
LONG = b"longer than what a task's record holds " * 60
"""Added to a payload or result, it gets a key of its own on Redis."""
LONGEST = 8 * LONG
"""And with this one it is put there before the script."""
ADDED = [b"", LONG, LONGEST]

additions = st.sampled_from(ADDED)
picks = st.lists(st.integers(0, 9), min_size=1, max_size=3)
leases = st.sampled_from([0, 10, 1_000])
delays = st.sampled_from([0, 5, 50])
wishes = st.dictionaries(st.sampled_from([TAG, FOREIGN_TAG]), st.integers(0, 4))
owners = st.sampled_from(["d1", "d2"])
budgets = st.builds(
    Budget,
    st.integers(0, 1),
    st.integers(0, 2),
    st.sampled_from([None, 7]),
    st.sampled_from([Backoff(), Backoff(5, 1.5, 50, 0.0)]),
)
tags = st.sampled_from([(), (), ("a",), ("a", "b c,d; -")])
lives = st.sampled_from([0, 0, 5, 50, 2_000])
"""For how many ms a task may wait; 0: for ever."""
result_times = st.sampled_from([0, 0, 200_000_000])
"""For how long results are kept, in ms: it is by the server's own clock that they go."""
requeues = st.none() | st.builds(Requeue, st.sampled_from(Charge), delays)


def completions_of(attempts: Sequence[Attempt], run_ms: float, added: bytes) -> list[Completion]:
    """Return how each of them is completed, with a result of its own."""
    return [
        Completion(each, WorkerId("w1"), Success(str(each).encode() + added, run_ms=run_ms))
        for each in attempts
    ]


def defeats_of(
    attempts: Sequence[Attempt], run_ms: float, added: bytes, requeue: Requeue | None
) -> list[Defeat]:
    """Return how each of them fails, with an exception of its own."""
    defeats: list[Defeat] = []
    for each in attempts:
        exception = str(each).encode() + added
        failure = Failure(Cause.EXIT, "Exit", "3", exit_code=3, exception=exception, run_ms=run_ms)
        defeats.append(Defeat(each, WorkerId("w2"), failure, requeue))
    return defeats
