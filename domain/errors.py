"""Every error the core raises, as one tree.

    GoferError
    ├── InvalidInput          the caller's mistake; nothing was stored
    │   ├── InvalidIdentifier     an id, name or URL that is none
    │   ├── InvalidPayload        bytes that cannot be a pickle
    │   ├── TooLarge              over a limit; says which and by how much
    │   └── UnfitFunction         a function that would run nowhere; says why and what to do
    ├── KeyReused             an idempotency key that was given with another request
    ├── NotFound              the caller asks for something that does not exist
    │   ├── Deleted               ... any more, because somebody deleted it
    │   └── Gone                  ... any more, because its time has passed
    ├── NotFailed             only a task that ended and did not complete can be tried again
    ├── Incompatible          no worker that is there could run it, and the caller would not wait
    ├── QueueFull             the store holds as many tasks as the operator allows
    ├── StoreUnavailable      the store does not answer, or refuses; worth another try later
    ├── StoreIncompatible     the store holds another layout, or settings that would lose tasks
    ├── AddressUnusable       nothing can listen there: taken, not ours, or not allowed
    ├── LinkClosed            *we* closed the link that somebody here still reads
    ├── IllegalTransition     *we* broke the task's state machine: a bug here
    └── ProtocolViolation     *they* sent bytes or messages that the protocol does not allow

Expected outcomes (a lease that is gone, a task that has already ended) are values of the ports,
not exceptions. The mapping to HTTP is one table at the edge, ``entrypoints/rest/problems.py``.
Errors must never carry a payload, and never a secret: they are logged and sent to clients.
"""

from collections.abc import Sequence

from .findings import Finding


class GoferError(Exception):
    """The root: catching it catches everything that gofer raises on purpose."""


class InvalidInput(GoferError):
    """The request cannot be right, whatever the state of the system; nothing was stored."""


class InvalidIdentifier(InvalidInput):
    """A text that should name something, and cannot."""

    def __init__(self, kind: str, text: str, expected: str) -> None:
        """Record ``kind`` ("task id"), the offending ``text`` and what was ``expected``."""
        self.kind = kind
        self.text = text
        self.expected = expected
        super().__init__(f"{text[:80]!r} is not a {kind}; expected {expected}")


class InvalidPayload(InvalidInput):
    """Bytes that no unpickler could read to the end."""

    def __init__(self, problem: str, position: int | None = None) -> None:
        """Record the ``problem``, and the byte ``position`` where it was found, if known."""
        self.problem = problem
        self.position = position
        where = "" if position is None else f" (at byte {position})"
        super().__init__(f"{problem}{where}")


class TooLarge(InvalidInput):
    """Something is over its configured limit."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        """Record ``what`` was measured, its ``size`` and the ``limit``, both in bytes."""
        self.what = what
        self.size = size
        self.limit = limit
        super().__init__(f"{what} has {size} bytes; the limit is {limit}")


class UnfitFunction(InvalidInput):
    """A function that would fail wherever it ran."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Record the ``findings``: what is wrong with it, and what to do."""
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.text for finding in self.findings))


class KeyReused(GoferError):
    """The idempotency key names another request; nothing was stored."""

    def __init__(self, key: str) -> None:
        """Record the ``key``."""
        self.key = key
        super().__init__(
            f"the Idempotency-Key {key!r} was given with another request before; "
            "give each request a key of its own, and repeat a request as it was"
        )


class NotFound(GoferError):
    """Nothing of this kind has this id: it never existed, or its retention has passed."""

    def __init__(self, kind: str, identifier: str) -> None:
        """Record the ``kind`` ("task", "function", "worker") and the ``identifier`` asked for."""
        self.kind = kind
        self.identifier = identifier
        super().__init__(f"there is no {kind} {identifier}")


class NotFailed(GoferError):
    """Another try is wanted of a task that has not ended, has completed, or lost its payload."""

    def __init__(self, task_id: str, status: str, why: str = "") -> None:
        """Record which task, how it stands and, if that is not the reason, ``why`` not."""
        self.task_id = task_id
        self.status = status
        why = why or "only one that has FAILED, EXPIRED or was CANCELLED can be tried again"
        super().__init__(f"task {task_id} is {status}; {why}")


class Deleted(NotFound):
    """A function of this id or name was there, and somebody deleted it."""

    def __init__(self, kind: str, identifier: str) -> None:
        """Record the ``kind`` ("function") and the ``identifier`` asked for."""
        super().__init__(kind, identifier)
        self.args = (f"the {kind} {identifier} was deleted",)


class Gone(NotFound):
    """A task of this id was there, or it has ended and its result was: both are kept for a time."""

    def __init__(self, kind: str, identifier: str, kept: str) -> None:
        """Record the ``kind`` ("task", "result of task"), which, and how long it was ``kept``."""
        super().__init__(kind, identifier)
        self.args = (f"the {kind} {identifier} is there no longer; it was kept {kept}",)


class Incompatible(GoferError):
    """No worker that is there could run a task, and its submitter would not have it wait."""

    def __init__(self, function: str, problem: str) -> None:
        """Record which ``function``, and the ``problem`` in words."""
        self.function = function
        self.problem = problem
        super().__init__(f"function {function} could not run now: {problem}")


class QueueFull(GoferError):
    """The store holds as many unfinished tasks as the operator allows."""

    def __init__(self, limit: int) -> None:
        """Record the ``limit``, in tasks."""
        self.limit = limit
        super().__init__(f"{limit} tasks are waiting already, which is the limit; try again later")


class StoreUnavailable(GoferError):
    """The store does not answer, is still loading, is full or read-only.

    A call that raised this may or may not have been carried out: every port method says whether
    it may be repeated.
    """

    def __init__(self, reason: str, retry_after_s: float = 1.0) -> None:
        """Record the ``reason`` in words, and after how many seconds another try makes sense."""
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(f"the store is unavailable: {reason}")


class StoreIncompatible(GoferError):
    """The store holds another version's layout, or is configured so that it would lose tasks."""


class AddressUnusable(GoferError):
    """The dispatcher cannot listen on the address that the operator chose."""

    def __init__(self, address: str, problem: str) -> None:
        """Record the ``address`` and, in words, the ``problem`` and what to do about it."""
        self.address = address
        self.problem = problem
        super().__init__(f"cannot listen on {address}: {problem}")


class LinkClosed(GoferError):
    """The link was closed from this side; whoever still waits for messages gets no more."""


class IllegalTransition(GoferError):
    """An event that the state machine does not allow in this state: a bug in gofer."""

    def __init__(self, state: str, event: str, task_id: str) -> None:
        """Record the ``state``, the ``event`` that does not fit it, and the ``task_id``."""
        self.state = state
        self.event = event
        self.task_id = task_id
        super().__init__(f"task {task_id}: {event} is not possible in state {state}")


class ProtocolViolation(GoferError):
    """A peer sent something that the protocol does not allow; it is dropped, the process lives."""
