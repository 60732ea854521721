"""What can go wrong for a client, as one tree; every message says what to do.

ClientError
├── Unreachable      nobody answers at the URL, or not in time
├── Refused          the service said no: ``kind`` (stable), ``status``, ``detail``
└── RemoteError      a task failed, and its exception could not be rebuilt here
"""


class ClientError(Exception):
    """The root: catching it catches everything that a client raises on purpose."""


class Unreachable(ClientError):
    """Nobody answers at the URL, or the answer broke off, after all tries."""

    def __init__(self, url: str, reason: str) -> None:
        """Record the ``url`` and the ``reason`` in words."""
        self.url = url
        self.reason = reason
        super().__init__(
            f"no answer from {url}: {reason}; is the web service there (gofer up, gofer api)?"
        )


class Refused(ClientError):
    """The service does not do it. ``kind`` is the end of the problem's type: "not-found"."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        """Record the HTTP ``status``, the ``kind`` of problem and its ``detail``."""
        self.status = status
        self.kind = kind
        self.detail = detail
        super().__init__(f"{detail} ({kind}, HTTP {status})")


class RemoteError(ClientError):
    """A task failed. ``type`` and ``cause`` say how, ``traceback`` is the worker's."""

    def __init__(self, type: str, message: str, cause: str, traceback: str) -> None:  # noqa: A002
        """Record what the service tells of the failure."""
        self.type = type
        self.message = message
        self.cause = cause
        self.traceback = traceback
        super().__init__(f"{type}: {message}" if message else type)
        if traceback:
            self.add_note(f"on the worker:\n{traceback}")
