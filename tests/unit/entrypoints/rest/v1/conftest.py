"""The web service over a store in memory, and a client that speaks either format."""

from collections.abc import AsyncGenerator

import pytest

from tests.support.web import Web, web
from tests.unit.entrypoints.rest.v1.speaking import JSON, LIMIT_BYTES, MSGPACK, Speaker


@pytest.fixture
async def service() -> AsyncGenerator[Web]:
    async with web(payload_limit_bytes=LIMIT_BYTES) as opened:
        yield opened


@pytest.fixture(params=[JSON, MSGPACK])
def speaker(service: Web, request: pytest.FixtureRequest) -> Speaker:
    return Speaker(service, request.param)
