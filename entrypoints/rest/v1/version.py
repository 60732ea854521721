"""Which gofer answers."""

from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from .... import __version__
from .formats import reply, wanted
from .routing import Described, add_route, gives


class Version(Struct):
    """Which gofer answers, and which API."""

    version: Annotated[str, Meta(description="Of gofer.", examples=["0.1.0"])]
    api: Annotated[str, Meta(description="Of these routes.", examples=["v1"])]


def add_version_route(router: APIRouter) -> None:
    """Add ``/v1/version`` to ``router``."""

    async def version(request: Request) -> Response:
        """Say which gofer answers; never asks the store."""
        return reply(Version(__version__, "v1"), wanted(request))

    add_route(router, "GET", "/v1/version", version, Described(gives(Version)))
