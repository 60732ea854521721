"""Times as /v1 tells them: RFC 3339, UTC, with milliseconds."""

import datetime as dt

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MS = dt.timedelta(milliseconds=1)

LAST_MS = (dt.datetime(9999, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MS
"""The last moment that is told, in milliseconds since 1970: years have four digits."""


def at(unix_ms: int) -> str:
    """Return ``2026-11-22T21:05:25.123Z`` for milliseconds since 1970, LAST_MS for any later."""
    moment = _EPOCH + min(unix_ms, LAST_MS) * _MS
    return f"{moment.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def known_at(unix_ms: int | None) -> str | None:
    """Return the same, or None where the time is not known."""
    return None if unix_ms is None else at(unix_ms)


def unix_ms(moment: dt.datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return (moment - _EPOCH) // _MS


def now_ms() -> int:
    """Return this process's own time, in milliseconds since 1970."""
    return unix_ms(dt.datetime.now(dt.UTC))
