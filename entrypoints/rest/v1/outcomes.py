"""What came of tasks, and how batches stand, from the domain's words to those of the API."""

from collections.abc import Callable

import msgspec
from msgspec import UNSET, UnsetType

from ....domain.identifiers import BatchId
from ....domain.ports import BatchState
from ....domain.task import Cause, Failure, Outcome
from .bodies import BatchStands, Error, Evidence
from .formats import TEXT, Format
from .times import at

Told = tuple[msgspec.Raw | UnsetType, bytes | UnsetType, Error | UnsetType]
"""Value, payload and error of an outcome."""

ToJson = Callable[[bytes], bytes | None]
"""Returns the value of a pickle as JSON; None where it is no plain data. Never raises."""

HOPELESS = frozenset(
    {
        Cause.EXCEPTION,
        Cause.UNSERIALIZABLE,
        Cause.TOO_LARGE,
        Cause.INCOMPATIBLE,
        Cause.CANCELLED,
        Cause.EXPIRED,
    }
)
"""Causes after which another try of the same task would end the same way, or is not wanted."""


def told(outcome: Outcome | None, written_in: Format, to_json: ToJson) -> Told:
    """Return what is told of an outcome: an error, a payload with (in JSON) its value, nothing."""
    if outcome is None:
        return UNSET, UNSET, UNSET
    if isinstance(outcome, Failure):
        return UNSET, UNSET, error_of(outcome)
    value = to_json(outcome.result) if written_in is TEXT else None
    return UNSET if value is None else msgspec.Raw(value), outcome.result, UNSET


def error_of(failure: Failure) -> Error:
    """Return a failure as it is told."""
    return Error(
        type=failure.type,
        message=failure.message,
        traceback=failure.traceback,
        cause=failure.cause.value,
        retryable=failure.cause not in HOPELESS,
        attempt=failure.attempt,
        worker=failure.worker,
        evidence=Evidence(
            failure.exit_code,
            failure.signal,
            failure.peak_rss_kb or None,
            failure.run_ms,
            failure.output,
        ),
        exception=failure.exception,
    )


def state_of(batch_id: BatchId, state: BatchState, links: dict[str, str]) -> BatchStands:
    """Return how a batch stands as it is told."""
    return BatchStands(
        id=batch_id,
        created_at=at(state.created_at_ms),
        count=state.count,
        last=state.last,
        waiting=state.count - state.ended,
        completed=state.completed,
        failed=state.failed,
        cancelled=state.cancelled,
        expired=state.expired,
        done=state.ended >= state.count,
        links=links,
    )
