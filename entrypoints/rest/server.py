"""Serves the application over HTTP: one process, one event loop, until it is told to leave."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable, Generator

import typer
import uvicorn
import uvloop

from ...domain.errors import AddressUnusable
from ..allocator import keep_freed_memory, seek_cycles_less_often
from ..container import Container
from ..exposure import warn_if_open
from ..kin import READY_VARIABLE, Leaving, announce
from ..logs import set_up
from ..settings import Settings
from ..unpickling import forbid_unpickling
from .app import app_of, container_for, store_of
from .connection import connections
from .descriptors import make_room

BACKLOG = 2_048
"""Connections that wait to be accepted."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way.

    Says where it listens once it accepts connections. Raises AddressUnusable or InvalidInput;
    StoreUnavailable only if it is told not to wait for the store.
    """
    set_up(settings.log_level)
    forbid_unpickling()
    keep_freed_memory()
    seek_cycles_less_often()
    warn_if_open("the web service", settings.http_host)
    make_room(settings.http_concurrency)
    with listening(settings.http_host, settings.http_port) as listener:
        uvloop.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    container = container_for(settings)
    async with store_of(container):
        server = server_of(container, lambda: _say(listener))
        Leaving(server.leave)
        await server.serve(sockets=[listener])


def server_of(container: Container, on_listening: Callable[[], None]) -> "Server":
    """Return the web service over what ``container`` makes, to be run in this event loop."""
    config = configured(container.settings(), app_of(container))
    return Server(config, on_listening, container.service().leave)


def configured(settings: Settings, app: Callable[..., object]) -> uvicorn.Config:
    """Return how uvicorn serves ``app``: bounded in connections, heads and shutdown."""
    access = logging.getLogger("uvicorn.access")
    access.setLevel(logging.INFO if settings.access_log else logging.CRITICAL)
    return uvicorn.Config(
        app,
        http=connections(settings.http_read_timeout_s),
        ws="none",
        lifespan="off",  # ``store_of`` does it, so that its errors reach the command line
        log_config=None,
        access_log=settings.access_log,
        server_header=False,
        proxy_headers=False,  # nothing here asks who the client is
        limit_concurrency=settings.http_concurrency,
        timeout_keep_alive=settings.http_keep_alive_s,
        timeout_graceful_shutdown=settings.http_shutdown_s,
    )


class Server(uvicorn.Server):
    """uvicorn, with our signals instead of its own, and a word when it accepts connections."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_listening: Callable[[], None],
        on_leaving: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_listening = on_listening
        self._on_leaving = on_leaving
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Stop accepting connections, finish what is under way and return from ``serve``.

        Requests that wait for tasks are answered at once, as if their time were up.
        """
        self.should_exit = True
        self._on_leaving()
        self._leaving.set()

    async def main_loop(self) -> None:
        """Set the clock of the Date header once a second, until told to leave.

        uvicorn's own loop wakes up ten times a second, to see whether it should leave.
        """
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), 1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._on_listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to ``Leaving``, as every part does."""
        yield


@contextlib.contextmanager
def listening(host: str, port: int) -> Generator[socket.socket]:
    """Give a socket that listens; raise AddressUnusable, which says why there is none."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        problem = _PROBLEMS.get(error.errno or 0, error.strerror or str(error))
        raise AddressUnusable(address, problem) from None
    with listener:
        yield listener


_PROBLEMS = {
    errno.EADDRINUSE: "the port is in use; choose another with --port (0: any that is free)",
    errno.EACCES: "the port needs more rights; choose one from 1024 on",
    errno.EADDRNOTAVAIL: "this machine has no such address; 127.0.0.1 and 0.0.0.0 always work",
}


def url_of(listener: socket.socket) -> str:
    """Return the URL of a service that listens there."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(listener: socket.socket) -> None:
    """Tell the parent, or the person, where the service can be reached."""
    url = url_of(listener)
    if READY_VARIABLE not in os.environ:
        typer.echo(f"gofer's web service listens on {url}")
    announce(url)
