"""The rows that messages are written as: the domain's values as tuples in the wire's order.

Plain tuples, because msgspec writes them fastest and they are never read again; values that are
named tuples in the wire's order (Attempt, Assignment, Success) are rows as they stand. ``wire.py``
has the same rows as they are read, with every check; a round trip in the tests holds the two
together.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from ...domain.identifiers import Session
from ...domain.protocol.messages import Bye, Hello, Orders, Refused, Report, Unknown, Welcome
from ...domain.task import Outcome, Success
from . import modules

Row: TypeAlias = tuple[Any, ...]


def _session(session: Session) -> Row:
    return (session.incarnation, session.epoch)


def _outcome(outcome: Outcome) -> Row:
    if isinstance(outcome, Success):
        return (0, *outcome)
    return (
        1,
        outcome.cause,
        outcome.type,
        outcome.message,
        outcome.traceback,
        outcome.exception,
        outcome.exit_code,
        outcome.signal,
        outcome.peak_rss_kb,
        outcome.run_ms,
        outcome.worker,
        outcome.attempt,
        outcome.output,
    )


def hello(message: Hello) -> Row:
    """Return the row of a Hello, less its protocol: that is in the frame's head."""
    env = message.environment
    return (
        message.worker,
        _session(message.session),
        message.slots,
        message.window,
        (env.implementation, env.python, env.dill, modules.packed(env.modules)),
        message.held,
        message.returned,
        (message.read.epoch, message.read.serial),
        message.host,
        message.pid,
        message.takes_source,
    )


def report(message: Report) -> Row:
    """Return the row of a Report."""
    return (
        message.worker,
        _session(message.session),
        message.seq,
        message.window,
        message.started,
        [(attempt, _outcome(outcome)) for attempt, outcome in message.finished],
        message.returned,
        message.shown,
    )


def orders(message: Orders) -> Row:
    """Return the row of Orders."""
    return (
        _session(message.session),
        message.serial,
        message.echo,
        message.lease_ms,
        [(body.digest, body.payload, body.entry) for body in message.functions],
        message.assign,
        message.recorded,
        message.cancel,
    )


def bye(message: Bye) -> Row:
    """Return the row of a Bye."""
    return (message.worker, _session(message.session), message.unrecorded)


def welcome(message: Welcome) -> Row:
    """Return the row of a Welcome."""
    return (_session(message.session), message.lease_ms, message.beat_ms, message.drop)


def unknown(message: Unknown) -> Row:
    """Return the row of an Unknown."""
    return (_session(message.session),)


def refused(message: Refused) -> Row:
    """Return the row of a Refused."""
    return (_session(message.session), message.reason, message.final)


def escaped(value: Any) -> Any:
    """Return a row whose texts can be encoded: half a surrogate pair becomes its escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, tuple | list):
        return tuple(escaped(each) for each in cast("Sequence[Any]", value))
    return value
