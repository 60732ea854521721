"""Alive is not ready: a store that is away makes the service unready, and never dead."""

import pytest

from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from tests.support.web import web


async def test_a_service_with_its_store_is_alive_and_ready() -> None:
    async with web() as service:
        alive = await service.client.get("/healthz")
        ready = await service.client.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "reasons": []})


@pytest.mark.parametrize("trouble", [StoreUnavailable("it sleeps"), StoreIncompatible("it sleeps")])
async def test_a_service_without_its_store_is_alive_and_not_ready(trouble: Exception) -> None:
    async with web() as service:
        service.store.trouble = trouble
        alive = await service.client.get("/healthz")
        ready = await service.client.get("/readyz")
    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["status"] == "unavailable"
    assert "it sleeps" in ready.json()["reasons"][0]
    assert ready.headers["retry-after"] == "1"
