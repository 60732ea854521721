"""What can go wrong for a client, as one tree; every message says what to do.

ClientError
├── Unreachable      nobody answers at the URL, or not in time
│   └── NotGofer     something answers there, and it is no gofer
├── Refused          the service said no: ``kind`` (stable), ``status``, ``detail``
│   └── Unauthorized it wants a token, or another one
└── RemoteError      a task failed, and its exception could not be rebuilt here
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class ClientError(Exception):
    """The root: catching it catches everything that a client raises on purpose."""


class Unreachable(ClientError):
    """Nobody answers at the URL, or the answer broke off, after all tries."""

    def __init__(self, url: str, reason: str) -> None:
        """Record the ``url`` and the ``reason`` in words."""
        self.url = url
        self.reason = reason
        super().__init__(self._words())

    def _words(self) -> str:
        return (
            f"no answer from {self.url}: {self.reason}; is the web service there (gofer up, "
            "gofer api)? GOFER_URL says where it is looked for"
        )


class NotGofer(Unreachable):
    """Something answers at the URL, and it is no gofer."""

    def _words(self) -> str:
        return (
            f"what answers at {self.url} is no gofer, or an older one ({self.reason}); "
            "is the URL right? GOFER_URL says where the web service is looked for"
        )


class Refused(ClientError):
    """The service does not do it. ``kind`` is the end of the problem's type: "not-found"."""

    def __init__(
        self, status: int, kind: str, detail: str, problem: Mapping[str, Any] | None = None
    ) -> None:
        """Record the HTTP ``status``, the ``kind`` of problem, its ``detail`` and all of it."""
        self.status = status
        self.kind = kind
        self.detail = detail
        self.problem = problem or {}
        """The problem as it came, with members that only some have, such as ``findings``."""
        super().__init__(f"{detail} ({kind}, HTTP {status})")
        for finding in self.problem.get("findings", ()):
            self.add_note(f"{finding.get('name') or finding.get('code')}: {finding.get('text')}")


class Unauthorized(Refused):
    """The service wants a token, or another one; or the token may not do this."""

    def __init__(self, status: int, detail: str, *, sent: bool) -> None:
        """Record the answer, and whether a token had been ``sent``."""
        if not sent:
            advice = "the service wants a token: set GOFER_TOKEN to it"
        elif status == HTTPStatus.UNAUTHORIZED:
            advice = "the service does not know the token: is GOFER_TOKEN the right one?"
        else:
            advice = "the token in GOFER_TOKEN may not do this"
        super().__init__(status, "unauthorized", f"{advice} (it says: {detail or status})")


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
