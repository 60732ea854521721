"""What the store machine chooses from: numbers, ids and owners, few enough that they meet."""

from hypothesis import strategies as st

from gofer.domain.identifiers import Attempt, FunctionId, TaskId, new_batch_id, uuid7
from gofer.domain.policy import Charge, Requeue
from gofer.domain.task import Backoff, Budget
from tests.contracts.store_backend import FOREIGN_TAG, TAG

UNKNOWN = FunctionId(uuid7(5, 5))
STRANGER = Attempt(TaskId(uuid7(6, 6)), 1, "stranger")
BATCHES = [new_batch_id(7, number) for number in (1, 2)]
LONG = b"longer than what a task's record holds " * 60
"""Added to a payload or result, it gets a key of its own on Redis."""

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
requeues = st.none() | st.builds(Requeue, st.sampled_from(Charge), delays)
