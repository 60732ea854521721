"""How commands ask the web service: one client, references in paths, lists page by page."""

# ruff: noqa: PLC0415 - the client is imported when something is asked

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from .problems import USAGE, Problem

if TYPE_CHECKING:
    from ..sdk.client import Client

PATIENCE_S: Final = 2.0
"""How long somebody at a terminal waits for a service that does not answer."""

PAGE: Final = 1_000
"""The most items that one request for a list may ask for (docs/rest.md)."""

WAIT_S: Final = 20.0
"""How long one request waits for a task's end before another is made."""

ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"})


@contextmanager
def service(url: str | None, patience_s: float = PATIENCE_S) -> Generator["Client"]:
    """Give a client of the service at ``url``; a URL or a token that is none is wrong usage."""
    from ..sdk.client import Client

    try:
        client = Client(url, patience_s=patience_s)
    except ValueError as error:
        raise Problem(str(error), USAGE) from None
    with client:
        yield client


def ask(url: str | None, method: str, path: str, body: Any = None, **query: Any) -> Any:
    """Return the service's answer to one request."""
    with service(url) as client:
        return client.request(method, path, body, query)


def path(*parts: str) -> str:
    """Return ``/v1/PARTS...``, each quoted: names of functions hold anything but / and @."""
    return "/v1/" + "/".join(quote(part, safe="@") for part in parts)


def listed(url: str | None, where: str, limit: int, cursor: str | None, **query: Any) -> Any:
    """Return up to ``limit`` items of a list and the cursor of what follows, as one page.

    A filtered page may be empty and yet not be the last, so pages are asked for until there is
    enough or nothing more.
    """
    items: list[Any] = []
    with service(url) as client:
        while True:
            asked = {**query, "cursor": cursor, "limit": min(PAGE, limit - len(items))}
            page = client.request("GET", where, query=asked)
            items += page["items"]
            cursor = page.get("next_cursor")
            if not cursor or len(items) >= limit:
                return {"items": items, "next_cursor": cursor}
