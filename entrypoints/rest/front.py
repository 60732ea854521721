"""The application as a server calls it: guards, then the routes, and the framework for the rest.

FastAPI and Starlette wrap a request into ten layers and try their routes one by one; that costs
55 us, more than all that we do with a request. Our routes are plain (``routing.py``): no
dependency, no body model, errors by one table. So they are found in a dictionary here and called.
Whatever is not found (the description, its page, an unknown path) goes the framework's own way; a
wrong method is answered here, because the framework would name one of a path's methods only.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from ...domain.errors import GoferError
from .faults import bug, fault
from .guards import BodyGuard, Bounds, TrailingSlash
from .problems import as_response
from .routing import Endpoint, PlainRoute

log = logging.getLogger("gofer.rest")


class WholeRequest(Request):
    """A request whose body comes in one message, as the guard hands it on."""

    async def body(self) -> bytes:
        """Return the body; to be called once."""
        message = await self.receive()
        whole: bytes = message["body"]
        return whole


class Web(FastAPI):
    """The application. Routes must be added before ``open``, which tells what may come in."""

    @cached_property
    def requests(self) -> Counter[tuple[Endpoint | None, int]]:
        """Return how often which endpoint (None: the framework's) answered with which status."""
        return Counter()

    def open(self, bounds: Bounds) -> None:
        """Take the routes that are there, and put the guards before everything."""
        self._table = Table(route for route in self.routes if isinstance(route, PlainRoute))
        self._guarded = TrailingSlash(BodyGuard(self._serve, bounds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event: a request, or the server's start and stop."""
        if scope["type"] == "http":
            await self._guarded(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._table.find(scope)
        if endpoint is None:
            if methods := self._table.methods(scope):
                allowed = {"Allow": ", ".join(methods)}
                response = fault(scope, HTTPStatus.METHOD_NOT_ALLOWED, headers=allowed)
                self.requests[None, response.status_code] += 1
                await response(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
            return
        try:
            response = await endpoint(WholeRequest(scope, receive))
        except GoferError as error:
            response = as_response(error)
        except Exception:  # a bug of ours is this request's trouble, and no other's
            log.exception("500: %s %r", scope["method"], scope["path"])
            response = bug(scope)
        self.requests[endpoint, response.status_code] += 1
        await response(scope, receive, send)


class Table:
    """Plain routes by method and path: without a parameter, or with one, last or last but one."""

    def __init__(self, routes: Iterable[PlainRoute]) -> None:
        self._endpoints: dict[tuple[str, str], tuple[Endpoint, str]] = {}
        for route in routes:
            place, name = _place(route.path)
            for method in route.methods or ():
                self._endpoints[method, place] = route.endpoint, name

    def find(self, scope: Scope) -> Endpoint | None:
        """Return the endpoint of a request, and note its parameter; None: the framework's."""
        method, path = scope["method"], scope["path"]
        found = self._endpoints.get((method, path))
        if found is not None and not found[1]:
            return self._taken(scope, found[0], {})
        above, _, last = path.rpartition("/")
        if last and (found := self._endpoints.get((method, above + "/{}"))) is not None:
            return self._taken(scope, found[0], {found[1]: last})
        above, _, middle = above.rpartition("/")
        if middle and (found := self._endpoints.get((method, f"{above}/{{}}/{last}"))) is not None:
            return self._taken(scope, found[0], {found[1]: middle})
        return None

    def methods(self, scope: Scope) -> list[str]:
        """Return the methods that a request's path has, in alphabetical order.

        Those of the path itself, where there are such, before those of one with a parameter.
        """
        methods = sorted({method for method, _ in self._endpoints})
        if exact := [each for each in methods if (each, scope["path"]) in self._endpoints]:
            return exact
        return [each for each in methods if self.find({**scope, "method": each}) is not None]

    @staticmethod
    def _taken(scope: Scope, endpoint: Endpoint, parameters: dict[str, Any]) -> Endpoint | None:
        if scope.get("root_path"):  # the path begins with what a proxy has put before it
            return None
        scope["path_params"] = parameters
        return endpoint


def _place(path: str) -> tuple[str, str]:
    """Return a path with its parameter's name taken out, and that name."""
    before, brace, rest = path.partition("{")
    name, _, after = rest.partition("}")
    return (f"{before}{{}}{after}", name) if brace else (path, "")
