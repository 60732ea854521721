"""How an outcome becomes the fields "evidence" and "bytes" of its task, and back.

Results and pickled exceptions are stored as they are; the rest of an outcome is msgpack, an array
in the order of its fields, so that fields may be added at the end. Nothing here opens a pickle.
"""

import msgspec

from ...domain.task import TERMINAL, Cause, Failure, Outcome, Success, TaskStatus


class _SuccessEvidence(msgspec.Struct, array_like=True, gc=False):
    peak_rss_kb: int = 0
    run_ms: float = 0.0
    output: str = ""


class _FailureEvidence(msgspec.Struct, array_like=True, gc=False):
    cause: Cause
    type: str = ""
    message: str = ""
    traceback: str = ""
    exit_code: int | None = None
    signal: int | None = None
    peak_rss_kb: int = 0
    run_ms: float = 0.0
    worker: str = ""
    attempt: int = 0
    output: str = ""


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What ``outcome`` raises for evidence that is none: msgspec lets the last two through."""

_encode = msgspec.msgpack.Encoder().encode
_success = msgspec.msgpack.Decoder(_SuccessEvidence).decode
_failure = msgspec.msgpack.Decoder(_FailureEvidence).decode


def of_success(success: Success) -> bytes:
    """Return all of a success but its result."""
    return _packed(_SuccessEvidence(success.peak_rss_kb, success.run_ms, success.output))


def of_failure(failure: Failure) -> bytes:
    """Return all of a failure but the pickled exception."""
    return _packed(
        _FailureEvidence(
            failure.cause,
            failure.type,
            failure.message,
            failure.traceback,
            failure.exit_code,
            failure.signal,
            failure.peak_rss_kb,
            failure.run_ms,
            failure.worker,
            failure.attempt,
            failure.output,
        )
    )


def outcome(status: TaskStatus, attempt: int, evidence: bytes, body: bytes) -> Outcome | None:
    """Return a task's outcome; raise one of UNREADABLE for evidence that is none."""
    if status is TaskStatus.COMPLETED:
        told = _success(evidence)
        return Success(body, told.peak_rss_kb, told.run_ms, told.output)
    if status not in TERMINAL:
        return None
    if not evidence:
        return _untold(status, attempt)
    seen = _failure(evidence)
    return Failure(
        cause=seen.cause,
        type=seen.type,
        message=seen.message,
        traceback=seen.traceback,
        exception=body,
        exit_code=seen.exit_code,
        signal=seen.signal,
        peak_rss_kb=seen.peak_rss_kb,
        run_ms=seen.run_ms,
        worker=seen.worker,
        attempt=seen.attempt,
        output=seen.output,
    )


def _packed(evidence: _SuccessEvidence | _FailureEvidence) -> bytes:
    try:
        return _encode(evidence)
    except UnicodeEncodeError:  # text of user code that is no Unicode must not lose the outcome
        clean = {
            name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for name, value in msgspec.structs.asdict(evidence).items()
            if name != "cause"
        }
        return _encode(msgspec.structs.replace(evidence, **clean))


def _untold(status: TaskStatus, attempt: int) -> Failure:
    """Return the failure of a task whose end no worker reported: cancel, expiry, reap."""
    if status is TaskStatus.CANCELLED:
        return Failure(Cause.CANCELLED, "Cancelled", "the task was cancelled", attempt=attempt)
    if status is TaskStatus.EXPIRED:
        text = "the task was not started in time"
        return Failure(Cause.EXPIRED, "Expired", text, attempt=attempt)
    text = "the worker that ran this task was lost, and no further try is left"
    return Failure(Cause.WORKER_LOST, "WorkerLost", text, attempt=attempt)
