"""What a caller hands over stays within its request: no further one can be smuggled in."""

import pytest

from gofer.entrypoints.sdk.aio import AsyncClient
from gofer.entrypoints.sdk.client import Client

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tasks HTTP/1.1\r\nHost: elsewhere\r\n\r\nDELETE /v1/functions/f",
        "/v1/tasks\n",
        "/v1/tasks\0",
        "/v1/tasks x",
    ],
)
async def test_a_path_that_would_end_its_line_is_refused(path: str) -> None:
    with Client(NOWHERE) as plain, pytest.raises(ValueError, match="cannot be part of a request"):
        plain.request("GET", path)
    async with AsyncClient(NOWHERE) as client:
        with pytest.raises(ValueError, match="cannot be part of a request"):
            await client.request("GET", path)


async def test_a_key_that_would_end_its_header_is_refused() -> None:
    async with AsyncClient(NOWHERE) as client:
        with pytest.raises(ValueError, match="cannot be part of a request"):
            await client.submit_batch("f", [b""], key="k\r\nHost: elsewhere")
