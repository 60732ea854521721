"""The header ``traceparent`` (W3C Trace Context): a request's trace goes on in its answer.

The answer names the trace that the request named, and the part of it that this service was.
"""

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from .formats import header

NAME = "traceparent"

_WELL_FORMED = re.compile(
    rb"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\Z"
)


def carry_on(request: Request, response: Response) -> None:
    """Have the answer say which trace it belongs to, if its request does; others pay nothing."""
    sent = header(request, NAME.encode())
    if not sent:
        return
    found = _WELL_FORMED.match(sent)
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return  # to be ignored, the standard says: a broken trace is no reason to refuse
    trace, flags = found[1].decode(), found[3].decode()
    response.headers[NAME] = f"00-{trace}-{secrets.token_hex(8)}-{flags}"
