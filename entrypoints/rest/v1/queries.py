"""What a request says behind its question mark, as numbers within bounds."""

from math import isfinite
from urllib.parse import parse_qsl

from starlette.requests import Request

from ....domain.errors import InvalidInput

MOST_WAIT_S = 60.0
"""A longer wait is cut to this, so that no proxy gives up before we answer."""

WAIT = {"wait": f"Wait up to so many seconds for something to tell; at most {MOST_WAIT_S:g}."}


def waiting_s(request: Request) -> float:
    """Return how long a request wants to wait, in seconds; raise InvalidInput."""
    text = _value(request, "wait")
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not isfinite(seconds) or seconds < 0:
        raise InvalidInput(f"wait={text[:80]!r} is no number of seconds")
    return min(seconds, MOST_WAIT_S)


def whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    """Return a whole number within bounds; raise InvalidInput."""
    text = _value(request, name)
    if text is None:
        return default
    digits = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not digits or not least <= int(text) <= most:
        raise InvalidInput(f"{name}={text[:80]!r} is no whole number from {least} to {most}")
    return int(text)


def _value(request: Request, name: str) -> str | None:
    """Return the last value of this name that is not empty."""
    query: bytes = request.scope["query_string"]
    if not query:
        return None
    values = parse_qsl(query.decode("latin-1"))
    return next((value for key, value in reversed(values) if key == name), None)
