"""What the driver raises, in plain words: every exception of it becomes StoreUnavailable.

Nothing else of this adapter catches the driver's exceptions, and none of them may leave it. A
reason must never hold a URL or a password: it is shown to clients.
"""

from collections.abc import Generator
from contextlib import contextmanager

from redis import exceptions

from ...domain.errors import StoreUnavailable


class StoreFull(StoreUnavailable):
    """The server has no memory left for what it was asked to write."""


DRIVER_ERRORS = (exceptions.RedisError, exceptions.RedisClusterException, OSError, EOFError)
"""OSError covers the time-outs of asyncio and the errors of TLS."""

_FULL = "it is full (maxmemory); finish or cancel tasks, or give it more memory"

_SAID_BY_SERVER = (
    ("MISCONF", "it cannot write to its disk and refuses writes (MISCONF)"),
    ("READONLY", "it is a read-only replica"),
    ("LOADING", "it is loading its data after a start"),
    ("MASTERDOWN", "it is a replica that has lost its master"),
    ("CLUSTERDOWN", "the cluster is down"),
    ("BUSY", "it is busy with a long script"),
    ("NOAUTH", "it wants a password, and none was given"),
    ("WRONGPASS", "it does not accept the user name and password"),
    ("NOPERM", "its access rules forbid a command or key that gofer needs"),
    ("NOREPLICAS", "it has fewer replicas than it needs for writes"),
    ("LOST", "a long body that was sent before a call was gone when the call came"),
    ("UNBLOCKED", "it was demoted while we waited"),
    ("max number of clients", "it has as many clients as it allows (maxclients)"),
)

_BY_CLASS = (
    (exceptions.BusyLoadingError, "it is loading its data after a start"),
    (exceptions.ReadOnlyError, "it is a read-only replica"),
    (exceptions.NoPermissionError, "its access rules forbid a command or key that gofer needs"),
    (exceptions.MaxConnectionsError, "all our connections to it are in use"),
    (exceptions.AuthenticationError, "it does not accept the user name and password"),
    (exceptions.TimeoutError, "it did not answer in time"),
    (TimeoutError, "it did not answer in time"),
    (exceptions.MasterDownError, "it is a replica that has lost its master"),
    (exceptions.ClusterDownError, "the cluster is down"),
    (exceptions.AskError, "it is a node of a cluster, and our keys are on another one"),
    (exceptions.RedisClusterException, "the cluster cannot serve our keys"),
)


def demoted(error: exceptions.ResponseError) -> bool:
    """Return whether the server that answered this is a replica, or has just become one."""
    if isinstance(error, exceptions.ReadOnlyError | exceptions.MasterDownError):
        return True
    return any(word in str(error) for word in ("READONLY", "UNBLOCKED", "MASTERDOWN"))


def unavailable(error: BaseException) -> StoreUnavailable:
    """Return the domain's error for one of the driver's."""
    text = str(error)
    if isinstance(error, exceptions.OutOfMemoryError) or "OOM " in text:
        return StoreFull(_FULL)
    if isinstance(error, exceptions.RedisError):
        for word, reason in _SAID_BY_SERVER:
            if word in text:
                return StoreUnavailable(reason)
    for kind, reason in _BY_CLASS:
        if isinstance(error, kind):
            return StoreUnavailable(reason)
    if "No connection available" in text:
        return StoreUnavailable("all our connections to it are in use")
    if isinstance(error, exceptions.ConnectionError | OSError | EOFError):
        return StoreUnavailable("no connection to it, or it broke off")
    return StoreUnavailable(f"it refused a call ({type(error).__name__})")


@contextmanager
def over_sockets() -> Generator[None]:
    """Raise the driver's ConnectionError where it writes to a socket that uvloop has just closed.

    uvloop says that by a RuntimeError, which the driver does not take for a broken connection: seen
    when a server was killed between our connecting and the driver's first command.
    """
    try:
        yield
    except RuntimeError as error:
        if "handler is closed" not in str(error):
            raise
        raise exceptions.ConnectionError("the server closed the connection") from error


@contextmanager
def translated() -> Generator[None]:
    """Raise StoreUnavailable for whatever the driver raises inside."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise unavailable(error) from error
