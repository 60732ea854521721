"""What the dispatcher still has to write to the store, what is being written, and when to retry.

One call of a kind is under way at a time; whatever arrives meanwhile goes with the next one
(natural batching). A refused call puts its work back and all calls back off together, so that a
store that is away is asked gently and nothing is dropped.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from ..identifiers import Attempt, WorkerId
from ..policy import STORE_BACKOFF_MS, doubling_ms, in_full_batches
from ..ports import Completion, Defeat
from .effects import CallRecord, CallRelease, CallStart
from .verdicts import is_loss

Item = TypeVar("Item")

NOBODY = WorkerId("")
"""Who runs an attempt that no worker has yet."""

RECORD_MOST = 1_000
"""Most outcomes in one call: the store cuts it into scripts of at most ``policy.BATCH``."""


class Ledger:
    """Outcomes, starts and releases on their way into the store."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        """Take the source of randomness for the back-off."""
        self._jitter = jitter
        self._outcomes: dict[Attempt, Completion | Defeat] = {}
        self._to_record: deque[Attempt] = deque()
        self._recording: CallRecord | None = None
        self._to_start: deque[tuple[Attempt, WorkerId]] = deque()
        self._starting: CallStart | None = None
        self._to_release: deque[tuple[Attempt, int, str]] = deque()
        self._releasing: CallRelease | None = None
        self._failures = 0
        self.ready_ms = 0.0
        """When the store may be asked again."""

    # ------------------------------------------------------------ the store's health

    @property
    def failing(self) -> bool:
        """Return whether the last call of the store was refused."""
        return self._failures > 0

    def succeeded(self) -> None:
        """Note that the store answered."""
        self._failures = 0
        self.ready_ms = 0.0

    def refused(self, now: float) -> None:
        """Note that the store did not answer, or said no."""
        if now >= self.ready_ms:
            self.ready_ms = now + doubling_ms(STORE_BACKOFF_MS, self._failures, self._jitter())
            self._failures += 1

    # ------------------------------------------------------------ what is to be written

    def outcome(self, record: Completion | Defeat) -> None:
        """Have an outcome written; one for the same attempt that is on its way already stays."""
        if record.attempt not in self._outcomes:
            self._outcomes[record.attempt] = record
            self._to_record.append(record.attempt)

    def start(self, attempts: Iterable[Attempt], worker: WorkerId = NOBODY) -> None:
        """Have starts noted, and who runs the attempts."""
        self._to_start.extend((attempt, worker) for attempt in attempts)

    def release(self, attempt: Attempt, delay_ms: int, reason: str) -> None:
        """Have a task handed back."""
        self._to_release.append((attempt, delay_ms, reason))

    def __contains__(self, attempt: Attempt) -> bool:
        """Return whether an outcome of this attempt is on its way."""
        return attempt in self._outcomes

    def has_outcome(self, attempt: Attempt) -> bool:
        """Return whether what a worker made of this attempt is on its way, not just its loss."""
        record = self._outcomes.get(attempt)
        return record is not None and not is_loss(record)

    def withdraw_loss(self, attempt: Attempt) -> bool:
        """Take back a loss that is not being written yet: its worker has come back.

        Return whether nothing is on its way (any more).
        """
        record = self._outcomes.get(attempt)
        if record is None:
            return True
        if not is_loss(record) or attempt not in self._to_record:
            return False
        self._to_record.remove(attempt)
        del self._outcomes[attempt]
        return True

    def leases(self) -> list[Attempt]:
        """Return the attempts that must stay leased until their outcome is written."""
        return list(self._outcomes)

    @property
    def empty(self) -> bool:
        """Return whether everything is written."""
        return not (
            self._outcomes
            or self._to_start
            or self._starting
            or self._to_release
            or self._releasing
        )

    # ------------------------------------------------------------ writing

    def calls(self) -> Iterable[CallRecord | CallStart | CallRelease]:
        """Yield the calls to make now; each must be answered with ``done`` or ``undone``."""
        if self._to_start and self._starting is None:
            begun = _take(self._to_start, RECORD_MOST)
            self._starting = CallStart(tuple([a for a, _ in begun]), tuple([w for _, w in begun]))
            yield self._starting
        if self._to_record and self._recording is None:
            count = in_full_batches(len(self._to_record), RECORD_MOST)
            batch = [self._outcomes[a] for a in _take(self._to_record, count)]
            done = [r for r in batch if isinstance(r, Completion)]
            rest = [r for r in batch if isinstance(r, Defeat)] if len(done) < count else []
            self._recording = CallRecord(tuple(done), tuple(rest))
            yield self._recording
        if self._to_release and self._releasing is None:
            self._releasing = self._next_release()
            yield self._releasing

    def done(self, call: CallRecord | CallStart | CallRelease) -> None:
        """Forget what this call has written: the store answered."""
        self.succeeded()
        self._clear(call)
        if isinstance(call, CallRecord):
            for record in call.records:
                del self._outcomes[record.attempt]

    def undone(self, call: CallRecord | CallStart | CallRelease) -> None:
        """Put back, in front, what this call was to write."""
        self._clear(call)
        match call:
            case CallRecord():
                records = call.records
                self._to_record.extendleft(r.attempt for r in reversed(records))
            case CallStart():
                self._to_start.extendleft([*zip(call.attempts, call.workers, strict=True)][::-1])
            case CallRelease():
                self._to_release.extendleft(
                    (a, call.delay_ms, call.reason) for a in reversed(call.attempts)
                )

    def _clear(self, call: CallRecord | CallStart | CallRelease) -> None:
        match call:
            case CallRecord():
                self._recording = None
            case CallStart():
                self._starting = None
            case CallRelease():
                self._releasing = None

    def _next_release(self) -> CallRelease:
        _, delay_ms, reason = self._to_release[0]
        batch: list[Attempt] = []
        while self._to_release and self._to_release[0][1:] == (delay_ms, reason):
            batch.append(self._to_release.popleft()[0])
        return CallRelease(tuple(batch), delay_ms, reason)


def _take(queue: deque[Item], most: int) -> list[Item]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]
