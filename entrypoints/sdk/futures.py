"""The future of a task: the standard library's, and what only a remote task has.

Its own state is that of a future whose call has not begun until the outcome is there: then it can
be cancelled at any time before, and that is true here. What the service knows beyond that (queued,
running, where and why) is asked for when it is asked for.
"""

import concurrent.futures
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .errors import ClientError

if TYPE_CHECKING:
    from .packing import Parcel

T = TypeVar("T")


class Home(Protocol):
    """What a future asks of the engine that it belongs to."""

    accepted: threading.Condition
    """Notified when tasks were recorded, or will never be."""

    def cancel_sent(self, task_id: str) -> bool:
        """Cancel a task at the service; tell whether that came in time."""
        ...

    def tell(self, task_id: str, about: str) -> Any:
        """Return what the service knows about a task: ``explain``, ``logs``..."""
        ...

    def must_not_wait(self) -> bool:
        """Tell whether this is the thread that everything waits for."""
        ...


class TaskFuture(concurrent.futures.Future[T]):
    """The result of a task to come, as a real ``concurrent.futures.Future``."""

    def __init__(self, home: Home, parcel: "Parcel | None" = None, payload: bytes = b"") -> None:
        """Belong to an engine; ``parcel`` and ``payload`` are kept until they are sent."""
        super().__init__()
        self._home = home
        self._parcel = parcel
        self._payload = payload
        self._id = ""
        self._open = True

    @property
    def task_id(self) -> str:
        """Return the id of the task; waits until the service has recorded it.

        With it the task can be found from any other process. Raises what kept the task from being
        recorded, CancelledError if it was cancelled before.
        """
        if not self._id:
            if self._home.must_not_wait():
                raise RuntimeError("the task is not recorded yet, and a callback must not wait")
            with self._home.accepted:
                self._home.accepted.wait_for(lambda: self._id or self.done())
        if self._id:
            return self._id
        error = self.exception()
        raise error if error is not None else CancelledError

    def cancel(self) -> bool:
        """Cancel the task, also one that runs: it is killed. False if it had ended before.

        Raises Unreachable or Refused where the service could not be asked.
        """
        if self.done():
            return self.cancelled()
        with self._home.accepted:
            sent = bool(self._id)
        # one that is just being sent is cancelled at the service as soon as it has an id
        if sent and not self._home.cancel_sent(self._id):
            return False  # it has ended; its result is on the way
        return self.end_cancelled()

    def running(self) -> bool:
        """Tell whether a worker has it, by asking the service; False where that cannot be asked."""
        if self.done() or not self._id or self._home.must_not_wait():
            return False
        try:
            return self.status() == "RUNNING"
        except ClientError:  # who asks this expects no trouble: whoever waits is told of it
            return False

    def status(self) -> str:
        """Return QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED or EXPIRED: asks the service."""
        return str(self._home.tell(self.task_id, "")["status"])

    def explain(self) -> dict[str, Any]:
        """Return why the task is where it is: a ``summary`` in one sentence, and ``reasons``."""
        told: dict[str, Any] = self._home.tell(self.task_id, "explain")
        return told

    def logs(self) -> str:
        """Return what the task has printed so far; the end of it where it is long."""
        return str(self._home.tell(self.task_id, "logs")["text"])

    def attempts(self) -> list[dict[str, Any]]:
        """Return its attempts: worker, times, how each ended, and the evidence."""
        told: list[dict[str, Any]] = self._home.tell(self.task_id, "attempts")["items"]
        return told

    # ------------------------------------------------------------ for the engine

    def take_payload(self) -> tuple["Parcel", bytes]:
        """Return what is to be sent; it is kept until ``recorded``."""
        if self._parcel is None:
            raise ValueError("the task was sent before")
        return self._parcel, self._payload

    def recorded(self, task_id: str) -> None:
        """Take the task's id, and let go of what was sent."""
        self._id, self._parcel, self._payload = task_id, None, b""

    def end_cancelled(self) -> bool:
        """Be cancelled, unless it has ended; tell whether it is cancelled now."""
        if not self._claimed():
            return self.cancelled()
        self._unharmed(super().cancel)
        self.set_running_or_notify_cancel()  # tells those who wait for one of many
        return True

    def end(self, value: T | None, error: BaseException | None) -> None:
        """Take the outcome, unless it has one; callbacks run here."""
        if not self._claimed():
            return
        self.set_running_or_notify_cancel()
        if error is not None:
            self._unharmed(lambda: self.set_exception(error))
        else:
            self._unharmed(lambda: self.set_result(value))  # type: ignore[arg-type]  # None only where T allows it

    def _unharmed(self, ends: Callable[[], object]) -> None:
        """End, and run callbacks; one that calls ``sys.exit`` does not end the engine's thread.

        Other exceptions of callbacks are logged by the standard library.
        """
        try:
            ends()
        except BaseException:  # SystemExit, KeyboardInterrupt: what the library does not log
            if not self._home.must_not_wait():
                raise
            import logging  # noqa: PLC0415 - seldom needed, and a good part of the SDK's import

            text = "a callback of %r has tried to end its thread"
            logging.getLogger("concurrent.futures").critical(text, self, exc_info=True)

    def _claimed(self) -> bool:
        """Tell whether the caller is the one who decides how it ends: the first, on any thread."""
        return bool(vars(self).pop("_open", False))
