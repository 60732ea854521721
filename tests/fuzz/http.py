"""The web service as a function of bytes: its application, and its connection's parser.

``rest`` takes a request apart by lines: method and path, headers, an empty line, the body, which
arrives in pieces. ``head`` feeds raw bytes to the connection, as a socket would.
"""

import asyncio
import json
from functools import cache
from typing import Any, cast

import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from gofer.entrypoints.rest.connection import connections
from gofer.entrypoints.settings import Settings
from tests.support.web import WebStore, app_over

PATHS = ("/register_function", "/execute_function", "/status/x", "/result/x", "/", "/readyz")
METHODS = ("POST", "POST", "GET", "GET", "GET", "GET")
PIECE = 97
HEAD_PARTS = 2


@cache
def the_loop() -> asyncio.AbstractEventLoop:
    """Return the one event loop of all inputs; whoever minds closes it, and clears the cache."""
    return asyncio.new_event_loop()


@cache
def _app() -> Any:
    return app_over(WebStore(queued_limit=100), Settings(max_body_bytes=4096))


def rest(data: bytes) -> None:
    """Send one request to the application; every answer is JSON, and none is our fault."""
    top, _, body = data.partition(b"\n\n")
    first, *rows = top.split(b"\n")
    number = (first[0] if first else 0) % len(PATHS)
    path = PATHS[number] + first[1:].decode("latin-1")
    headers = [
        (name.lower(), value)
        for name, colon, value in (row.partition(b":") for row in rows)
        if colon and name
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": METHODS[number],
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("gofer", 80),
        "scheme": "http",
        "root_path": "",
    }
    status, answer = the_loop().run_until_complete(_ask(scope, body))
    assert 200 <= status < 500, (status, answer)
    assert isinstance(json.loads(answer), dict)


async def _ask(scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    pieces = [body[at : at + PIECE] for at in range(0, len(body), PIECE)] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    await _app()(scope, receive, send)
    status: int = sent[0]["status"]
    return status, b"".join(message.get("body", b"") for message in sent[1:])


class _Transport(asyncio.Transport):
    """Takes what is written, and counts it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0
        self.closing = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in {"peername", "sockname"} else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += len(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...


async def _greet(_scope: Scope, receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "http.request":
        if not message.get("more_body", False):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


@cache
def _config() -> uvicorn.Config:
    config = uvicorn.Config(
        _greet, http=connections(30.0), ws="none", lifespan="off", log_config=None
    )
    config.load()
    return config


def head(data: bytes) -> None:
    """Feed a connection; it answers or hangs up, and raises nothing into the event loop."""
    the_loop().run_until_complete(_feed(data))


async def _feed(data: bytes) -> None:
    loop = asyncio.get_running_loop()
    troubles: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: troubles.append(context))
    kind = cast("Any", _config().http_protocol_class)
    connection = kind(_config(), ServerState(), {}, loop)
    transport = _Transport()
    connection.connection_made(transport)
    step = (data[0] if data else 0) + 1
    for start in range(1, len(data), step):
        if transport.is_closing():
            break
        connection.data_received(data[start : start + step])
        await asyncio.sleep(0)
    connection.connection_lost(None)
    for _ in range(5):
        await asyncio.sleep(0)
    loop.set_exception_handler(None)
    assert troubles == []
