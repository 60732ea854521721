"""The one composition root: the only place that names concrete adapters.

A process (or a test) makes one Container of its own from its settings, after it has started, and
never shares or inherits it. Tests swap providers: ``container.store.override(...)`` before first
use. There is no ``wire()`` and no ``@inject``: wiring is global to the process. Adapters are
imported when they are first made, so that a web service does not pay for sockets and children.
"""

import asyncio
import os
import socket
import sys
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from ..adapters.clock import SystemClock, SystemEntropy
from ..adapters.coalescing import coalesced
from ..adapters.exceptions import as_exception_pickle
from ..adapters.payload import (
    PickleInspector,
    decode_payload,
    encode_payload,
    json_of,
    write_call,
)
from ..adapters.telemetry import CountingTelemetry
from ..domain.function import Environment
from ..domain.identifiers import WorkerId, parse_worker_id
from ..domain.ports import Clock, Entropy, Executor, Link, Store, Telemetry, Uplink
from ..domain.ports.survey import StoreSurvey
from ..domain.service import Service
from .injection import containers, providers
from .loops.dispatcher import Dispatcher
from .loops.worker import Worker
from .rest.encoding import Encoding
from .settings import Settings

if TYPE_CHECKING:
    from ..adapters.embedded import EmbeddedServer
    from ..adapters.memory.link import MemoryHub
    from ..adapters.zmq.sockets import SocketOptions

# ruff: noqa: PLC0415 - each adapter is imported by the process that uses it


def own_environment() -> Environment:
    """Return the interpreter of this process, which its children share."""
    return Environment(
        sys.implementation.name, (sys.version_info.major, sys.version_info.minor), version("dill")
    )


def _workers_environment(own: Environment, settings: Settings) -> Environment:
    """Return what this process's children can run: its interpreter, and the modules it has."""
    from ..adapters.installed import installed_modules

    return replace(own, modules=installed_modules(settings.path))


def unique_name(entropy: Entropy, name: str | None = None) -> WorkerId:
    """Return ``name`` as a worker's id, or one of host, process and randomness."""
    if name is not None:
        return parse_worker_id(name)
    host = "".join(c if c.isalnum() and c.isascii() else "-" for c in socket.gethostname())
    return parse_worker_id(f"{host.strip('-')[:32] or 'host'}-{os.getpid()}-{entropy.bits(32):08x}")


def embedded_server(settings: Settings) -> "EmbeddedServer | None":
    """Return the bundled server, not started, where the settings ask for it."""
    if settings.store.kind != "embedded":
        return None
    from ..adapters.embedded import EmbeddedServer

    return EmbeddedServer(settings.store.directory)


def _memory_store(settings: Settings, clock: Clock) -> Store:
    from ..adapters.memory.store import MemoryStore

    return MemoryStore(
        clock,
        retention_ms=round(settings.retention_s * 1000),
        queued_limit=settings.queue_limit_tasks,
    )


def _redis_store(settings: Settings) -> Store:
    from ..adapters.redis.options import StoreOptions
    from ..adapters.redis.store import RedisStore

    options = StoreOptions(
        retention_ms=round(settings.retention_s * 1000), queued_limit=settings.queue_limit_tasks
    )
    return RedisStore.from_url(settings.store.reveal(), options)


def _redis_survey(settings: Settings) -> StoreSurvey:
    from ..adapters.redis.survey import RedisSurvey

    return RedisSurvey(settings.store.reveal())


def _memory_hub() -> "MemoryHub":
    from ..adapters.memory.link import MemoryHub

    return MemoryHub()


def _push_link(settings: Settings, telemetry: Telemetry) -> Link:
    from ..adapters.zmq.push import PushLink

    options = _socket_options(settings)
    host, port = settings.dispatcher_host, settings.dispatcher_port
    return PushLink(port, host, telemetry=telemetry, options=options)


def _pull_link(settings: Settings, telemetry: Telemetry) -> Link:
    from ..adapters.zmq.pull import PullLink

    options = _socket_options(settings)
    host, port = settings.dispatcher_host, settings.dispatcher_port
    return PullLink(port, host, telemetry=telemetry, options=options)


def _push_uplink(settings: Settings, url: str) -> Uplink:
    from ..adapters.zmq.push import PushUplink

    return PushUplink(url, options=_socket_options(settings))


def _pull_uplink(settings: Settings, url: str) -> Uplink:
    from ..adapters.zmq.pull_uplink import PullUplink

    return PullUplink(url, options=_socket_options(settings))


def _socket_options(settings: Settings) -> "SocketOptions":
    from ..adapters.zmq.sockets import SocketOptions

    return SocketOptions(message_bytes=settings.message_bytes)


def _supervisor(settings: Settings, worker: WorkerId) -> Executor:
    from ..adapters.processes.limits import ProcessLimits
    from ..adapters.processes.supervisor import Supervisor

    limits = ProcessLimits(
        memory_bytes=settings.child_memory_limit_bytes,
        result_bytes=settings.result_limit_bytes,
        open_files=settings.child_files_limit,
        processes=settings.child_processes_limit,
        recycle_after=settings.child_tasks_limit,
        recycle_rss_kb=_kib(settings.child_recycle_bytes),
    )
    return Supervisor(
        settings.workers,
        worker=worker,
        limits=limits,
        path=settings.path,
        grace_s=settings.child_grace_s,
    )


def _kib(size: int | None) -> int | None:
    """Return bytes as KiB, at least one."""
    return None if size is None else max(1, size // 1024)


def _of_hub(hub: "MemoryHub", end: str) -> Link | Uplink:
    return hub.link() if end == "link" else hub.uplink()


class Container(containers.DeclarativeContainer):
    """Everything that a process is made of. Give it ``settings``; ``url`` is a worker's target."""

    settings = providers.Dependency(instance_of=Settings)
    url = providers.Object("")
    name: providers.Object[str | None] = providers.Object(None)

    clock = providers.Singleton(SystemClock)
    entropy = providers.Singleton(SystemEntropy)
    telemetry = providers.Singleton(CountingTelemetry)
    inspector = providers.Singleton(PickleInspector)
    environment = providers.Singleton(own_environment)
    identity = providers.Singleton(unique_name, entropy, name)

    store = providers.Selector(
        settings.provided.store.kind,
        memory=providers.Singleton(_memory_store, settings, clock),
        redis=providers.Singleton(_redis_store, settings),
    )

    survey = providers.Selector(
        settings.provided.store.kind, redis=providers.Singleton(_redis_survey, settings)
    )

    service = providers.Singleton(
        Service,
        store=store,
        tasks=providers.Singleton(coalesced, store),
        inspector=inspector,
        clock=clock,
        entropy=entropy,
        environment=environment,
        limits=settings.provided.limits.call(),
        telemetry=telemetry,
        aside=providers.Object(asyncio.to_thread),
    )

    encoding = providers.Singleton(
        Encoding,
        decode=providers.Object(decode_payload),
        encode=providers.Object(encode_payload),
        exception=providers.Object(as_exception_pickle),
        ahead=inspector.provided.ahead,
        call=providers.Object(write_call),
        to_json=providers.Object(json_of),
    )

    hub = providers.Singleton(_memory_hub)
    link = providers.Selector(
        settings.provided.mode,
        local=providers.Singleton(partial(_of_hub, end="link"), hub),
        push=providers.Singleton(_push_link, settings, telemetry),
        pull=providers.Singleton(_pull_link, settings, telemetry),
    )
    uplink = providers.Selector(
        settings.provided.mode,
        local=providers.Singleton(partial(_of_hub, end="uplink"), hub),
        push=providers.Singleton(_push_uplink, settings, url),
        pull=providers.Singleton(_pull_uplink, settings, url),
    )
    executor = providers.Singleton(_supervisor, settings, identity)

    dispatcher = providers.Singleton(
        Dispatcher,
        tasks=store,
        functions=store,
        link=link,
        clock=clock,
        entropy=entropy,
        timers=settings.provided.timers.call(),
        telemetry=telemetry,
        owner=identity,
        mode=settings.provided.mode,
        workers=store.provided.workers,
        output=store.provided.output,
        timeout_ms=settings.provided.timeout_ms,
        carried_bytes=settings.provided.carried_bytes,
    )
    worker = providers.Singleton(
        Worker,
        worker=identity,
        uplink=uplink,
        executor=executor,
        clock=clock,
        entropy=entropy,
        timers=settings.provided.timers.call(),
        environment=providers.Singleton(_workers_environment, environment, settings),
        telemetry=telemetry,
    )
