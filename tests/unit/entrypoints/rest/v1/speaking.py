"""Requests to /v1 in either format, and what comes back."""

import base64
from typing import Any

import httpx
import msgspec

from tests.support.web import Web

JSON, MSGPACK = "application/json", "application/msgpack"
PROBLEM = "application/problem+json"
LIMIT_BYTES = 200_000
"""The largest payload of the service under test."""

NOTHING = b"\x80\x04)}\x86."
"""The pickle of no arguments."""

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
NO_BATCH = "01890a5d-ac96-774b-a21f-b30209990000"


class Speaker:
    """A client that speaks one format; in JSON, bytes are base64."""

    def __init__(self, service: Web, media_type: str) -> None:
        self.service = service
        self.media_type = media_type

    def bytes(self, value: bytes) -> object:
        return value if self.media_type == MSGPACK else base64.b64encode(value).decode()

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        encode = msgspec.msgpack.encode if self.media_type == MSGPACK else msgspec.json.encode
        return await self.service.client.post(
            path,
            content=encode(body) if body is not None else b"",
            headers={"content-type": self.media_type, **headers},
        )

    async def get(self, path: str) -> httpx.Response:
        return await self.service.client.get(path, headers={"accept": self.media_type})

    async def submit(self, count: int = 1, **options: Any) -> dict[str, Any]:
        """Submit a batch of no-ops; return the answer's body."""
        function = await self.service.register()
        tasks = [{"payload": self.bytes(NOTHING)} for _ in range(count)]
        return self.read(
            await self.post("/v1/batches", {"function": function, "tasks": tasks, **options}), 202
        )

    def read(self, answer: httpx.Response, status: int = 200) -> dict[str, Any]:
        """Return the body of an answer, which must be of this status and in this format."""
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == self.media_type
        return decoded(answer)


def decoded(answer: httpx.Response) -> dict[str, Any]:
    """Return the body of an answer."""
    binary = answer.headers["content-type"] == MSGPACK
    decode = msgspec.msgpack.decode if binary else msgspec.json.decode
    body: dict[str, Any] = decode(answer.content)
    return body


def problem_of(answer: httpx.Response, status: int) -> str:
    """Return which problem an answer tells of, and see that it is told as RFC 9457 says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = decoded(answer)
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    urn, _, name = body["type"].rpartition(":")
    assert urn == "urn:gofer:problem"
    return str(name)
