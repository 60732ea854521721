"""Puts the web service together: routes, guards, error answers; and the factory for ASGI servers.

``build_app`` takes everything it needs, so that tests give it a service of their own.
``create_app`` is for ``uvicorn --factory gofer.entrypoints.rest.app:create_app`` and reads GOFER_*.
The service comes up whether or not the store is there: it answers 503 until it is.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import inf

from fastapi import FastAPI

from ... import __version__
from ...domain.errors import InvalidInput, StoreIncompatible, StoreUnavailable
from ...domain.ports import Clock, Entropy, Store
from ...domain.service import Service
from ..container import Container
from ..logs import set_up
from ..settings import Settings, load_settings
from ..stores import open_store
from ..unpickling import forbid_unpickling
from .encoding import Encoding
from .faults import add_handlers
from .front import Web
from .guards import Bounds
from .health import add_health_routes
from .legacy import add_legacy_routes
from .metrics import Metrics, add_metrics_route
from .v1.batches import add_batch_routes
from .v1.catalog import Catalog
from .v1.events import add_event_routes
from .v1.explanations import add_explain_route
from .v1.functions import add_function_routes
from .v1.history import add_history_routes
from .v1.logs import add_log_route
from .v1.operations import add_queue_routes, add_worker_routes
from .v1.tasks import Tasks, add_task_routes
from .v1.version import add_version_route

log = logging.getLogger("gofer.rest")

DESCRIPTION = """Runs any Python function on any of your machines.

Payloads and results are pickles made by dill, as base64:
`codecs.encode(dill.dumps(obj), "base64").decode()`."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_app(
    service: Service, encoding: Encoding, settings: Settings, lifespan: Lifespan | None = None
) -> Web:
    """Return the ASGI application over ``service``."""
    app = Web(
        title="gofer",
        description=DESCRIPTION,
        version=__version__,
        docs_url="/docs" if settings.docs_ui else None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    catalog = Catalog(service)
    tasks = Tasks(service, encoding, catalog)
    add_legacy_routes(app.router, service, encoding)
    add_batch_routes(app.router, service, encoding, catalog)
    add_task_routes(app.router, tasks)
    add_function_routes(app.router, service, encoding, catalog, tasks)
    add_history_routes(app.router, service, catalog, tasks)
    add_log_route(app.router, service)
    add_event_routes(app.router, service, tasks)
    add_explain_route(app.router, service)
    add_worker_routes(app.router, service)
    add_queue_routes(app.router, service)
    add_version_route(app.router)
    add_health_routes(app.router, service)
    add_metrics_route(app.router, Metrics(service, app.requests, app.router))
    add_handlers(app)
    app.open(
        Bounds(
            body_bytes=settings.max_body_bytes,
            buffer_bytes=settings.http_buffer_limit_bytes,
            read_timeout_s=settings.http_read_timeout_s,
        )
    )
    return app


def create_app() -> FastAPI:
    """Return the application that GOFER_* describes; raise SettingsProblem or InvalidInput."""
    settings = load_settings()
    set_up(settings.log_level)
    forbid_unpickling()
    container = container_for(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with store_of(container):
            yield

    return app_of(container, lifespan)


# ---------------------------------------------------------------- the seam to the container


def container_for(settings: Settings) -> Container:
    """Return a container whose store other processes share; raise InvalidInput if none could."""
    if settings.store.kind != "redis":
        raise InvalidInput(
            f"{settings.store} belongs to one process, and no dispatcher would see its tasks; use"
            " --store redis://HOST:PORT/0, or run everything with: gofer up"
        )
    return Container(settings=settings)


def app_of(container: Container, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the application over what ``container`` makes."""
    return build_app(container.service(), container.encoding(), container.settings(), lifespan)


@asynccontextmanager
async def store_of(container: Container) -> AsyncGenerator[None]:
    """Keep the container's store open inside the block, which begins whether it answers or not.

    Raises StoreIncompatible and, if the settings say not to wait at all, StoreUnavailable.
    """
    store, clock, entropy = container.store(), container.clock(), container.entropy()
    address = container.settings().store
    waiting: asyncio.Task[None] | None = None
    try:
        try:
            await open_store(store, clock, entropy, 0, address)
        except StoreUnavailable:
            if container.settings().wait_for_store_s == 0:
                raise
            waiting = asyncio.create_task(_open_in_the_end(store, clock, entropy, address))
        yield
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await store.close()


async def _open_in_the_end(store: Store, clock: Clock, entropy: Entropy, address: object) -> None:
    """Wait for the store as long as it takes, beside the service, and say if it is unusable."""
    try:
        await open_store(store, clock, entropy, inf, address)
    except StoreIncompatible as problem:
        log.critical("%s", problem)
    except Exception:
        log.exception("the wait for the store broke off")  # nobody awaits this for its result
