"""From what happened to an attempt to what is to be written about it."""

from collections.abc import Callable, Iterator, Sequence

from ..identifiers import WorkerId
from ..policy import Charge, GiveUp, Requeue, judge
from ..ports import Completion, Defeat, Leased, Written
from ..task import Cause, Failure, Outcome, Success
from .effects import Note
from .member import Holding


def is_noted_first(leased: Leased) -> bool:
    """Return whether an attempt's start is noted before the attempt is sent to anybody.

    A task that was tried before may be what took its worker down, and one that must not outlive
    the loss of a worker must not run once more because its first start was never told.
    """
    return leased.attempt.number > 1 or not leased.budget.worker_losses


def settle(
    worker: WorkerId, holding: Holding, outcome: Outcome, jitter: Callable[[], float]
) -> Completion | Defeat:
    """Return the record of an outcome: final, or to be tried again as the budget allows."""
    leased = holding.leased
    if isinstance(outcome, Success):
        return Completion(leased.attempt, worker, outcome)
    verdict = judge(outcome, leased.budget, leased.spent, jitter())
    requeue = None if isinstance(verdict, GiveUp) else verdict
    return Defeat(leased.attempt, worker, outcome, requeue)


def lost(
    worker: WorkerId, holding: Holding, why: str, jitter: Callable[[], float]
) -> Completion | Defeat:
    """Return the record of an attempt whose worker is gone; one that never began costs nothing."""
    attempt = holding.attempt
    failure = Failure(
        Cause.WORKER_LOST,
        type="WorkerLost",
        message=f"worker {worker} {why} while it held the task",
        worker=worker,
        attempt=attempt.number,
    )
    if holding.started:
        return settle(worker, holding, failure, jitter)
    return Defeat(attempt, worker, failure, Requeue(Charge.NOTHING, 0))


def is_loss(record: Completion | Defeat) -> bool:
    """Return whether a record says that a worker was lost, which it may turn out not to be."""
    return isinstance(record, Defeat) and record.failure.cause is Cause.WORKER_LOST


def without_function(leased: Leased) -> Defeat:
    """Return the record of a task whose function is not in the store (any more)."""
    failure = Failure(
        Cause.INCOMPATIBLE,
        type="LookupError",
        message=f"function {leased.function_id} is not in the store (any more); register it again",
        attempt=leased.attempt.number,
    )
    return Defeat(leased.attempt, WorkerId(""), failure)


def too_large(leased: Leased, size: int, limit: int) -> Defeat:
    """Return the record of a task that no message has room for; both figures are bytes."""
    failure = Failure(
        Cause.TOO_LARGE,
        type="ValueError",
        message=f"the function and its arguments have {size} bytes, and the dispatcher sends its "
        f"workers at most {limit}: raise its function_limit_bytes or payload_limit_bytes",
        attempt=leased.attempt.number,
    )
    return Defeat(leased.attempt, WorkerId(""), failure)


def refusals(records: Sequence[Completion | Defeat], answers: Sequence[Written]) -> Iterator[Note]:
    """Yield a warning for each record that the store has refused for good."""
    for record, answer in zip(records, answers, strict=True):
        if answer is Written.STALE or answer is Written.GONE:
            yield Note("warning", f"{record.attempt} was refused: {answer}")
