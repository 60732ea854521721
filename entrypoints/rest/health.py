"""Is the process alive, and can it serve: for load balancers, containers and people.

``/healthz`` must never ask the store: a process is not restarted because the store is away.
"""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ...domain.errors import StoreIncompatible, StoreUnavailable
from ...domain.service import Service
from .routing import Bodies, add_route
from .schemas import Alive, Ready, answer


def add_health_routes(router: APIRouter, service: Service) -> None:
    """Add ``/healthz`` and ``/readyz`` to ``router``."""

    async def healthz(_request: Request) -> Response:
        """Say that the process answers."""
        return answer(Alive("alive"))

    async def readyz(_request: Request) -> Response:
        """Say whether requests can be served, and why not."""
        try:
            await service.store_health()
        except (StoreUnavailable, StoreIncompatible) as error:
            not_ready = Ready("unavailable", [str(error)])
            return answer(not_ready, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"})
        return answer(Ready("ready", []))

    ready = Bodies(Ready, failures=(503,), unready=Ready)
    add_route(router, "GET", "/healthz", healthz, Bodies(Alive))
    add_route(router, "GET", "/readyz", readyz, ready)
