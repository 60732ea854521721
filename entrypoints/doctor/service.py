"""The web service that clients here would ask: there, ready, its version, its workers."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from ... import __version__
from ..sdk.address import Address
from ..sdk.client import Client
from ..sdk.errors import ClientError, NotGofer, Refused
from .findings import Finding, fail, ok, warn
from .store import clock_finding

PATIENCE_S = 0.5
DATE_S = 1.0
"""What a Date header leaves out: fractions of a second."""


@dataclass
class Look:
    """What was found; ``address`` is None where the URL is none."""

    address: Address | None = None
    answers: bool = False
    ready: bool = False
    workers: list[Any] = field(default_factory=list[Any])
    findings: list[Finding] = field(default_factory=list[Finding])

    @property
    def local_ports(self) -> set[int]:
        """Return the port of this machine at which it answers, if it is this machine's."""
        local = self.address is not None and self.address.host in {"127.0.0.1", "localhost", "::1"}
        return {self.address.port} if self.address is not None and local and self.answers else set()


def look_at_service(url: str | None) -> Look:
    """Return what is to be said of the service at ``url``, and what other looks need of it."""
    look = Look()
    try:
        look.address = Address.of(url)
    except ValueError as problem:
        look.findings.append(fail("service", str(problem), "export GOFER_URL=http://HOST:PORT"))
        return look
    with Client(url, patience_s=PATIENCE_S) as client:
        look.findings += _look(client, look, look.address.url)
    if look.answers:
        look.findings += _look_at_clock(look.address)
    return look


def _look(client: Client, look: Look, url: str) -> Iterator[Finding]:
    try:
        client.request("GET", "/healthz")
    except NotGofer as problem:
        yield fail("service", str(problem), "set GOFER_URL to where the web service is")
        return
    except ClientError as problem:
        do = "start one: gofer up (everything here), gofer api; or set GOFER_URL"
        yield fail("service", str(problem), do)
        return
    look.answers = True
    yield from _look_at_version(client, url)
    try:
        client.request("GET", "/readyz")
    except ClientError as problem:
        do = "the web service's store is away or unusable; its log says more"
        yield fail("service", f"{url} cannot take tasks: {problem}", do)
        return
    look.ready = True
    yield from _look_at_workers(client, look)


def _look_at_version(client: Client, url: str) -> Iterator[Finding]:
    try:
        found = client.request("GET", "/openapi.json")["info"]["version"]
    except (ClientError, KeyError, TypeError) as problem:
        yield warn("service", f"{url} answers, but not its version: {problem}", "is it a gofer?")
        return
    text = f"{url} answers, version {found}"
    if found == __version__:
        yield ok("service", text)
    else:
        do = "use the same version on both sides; clients may be older than the service"
        yield warn("service", f"{text}; this is {__version__}", do)


def _look_at_workers(client: Client, look: Look) -> Iterator[Finding]:
    try:
        look.workers = client.request("GET", "/v1/workers")["items"]
    except Refused as refusal:
        yield warn(
            "workers", f"the service does not list its workers: {refusal.detail}", "upgrade it"
        )
        return
    ready = [worker for worker in look.workers if worker.get("state") == "ready"]
    if not ready:
        do = "start one: gofer worker push N tcp://DISPATCHER:5555, or gofer up"
        yield warn("workers", "no worker is connected: tasks wait", do)
        return
    slots = sum(worker.get("slots") or 0 for worker in ready)
    yield ok("workers", f"{len(ready)} connected, {slots} tasks at once")
    ours = (sys.implementation.name, f"{sys.version_info.major}.{sys.version_info.minor}")
    others = [_interpreter(worker) for worker in ready]
    named = ", ".join(sorted({" ".join(each) for each in others}))
    if ours in others:
        yield ok("environments", f"workers of this client's interpreter are there ({named})")
    else:
        do = "functions with source still run there; for bytecode alone start one of this version"
        yield warn("environments", f"this is {' '.join(ours)}, workers are {named}", do)


def _interpreter(worker: Any) -> tuple[str, str]:
    environment: dict[str, Any] = worker.get("environment") or {}
    return str(environment.get("implementation", "")), str(environment.get("python", ""))


def _look_at_clock(address: Address) -> Iterator[Finding]:
    """Yield how the service's clock stands to ours, by the Date of an answer."""
    kind = HTTPSConnection if address.secure else HTTPConnection
    connection = kind(address.host, address.port, timeout=5)
    try:
        began = time.time()
        connection.request("GET", urlsplit(address.url).path.rstrip("/") + "/healthz")
        answer = connection.getresponse()
        answer.read()
        date = answer.headers.get("date")
        now = (began + time.time()) / 2
    except (HTTPException, OSError):
        return  # it answered a moment ago, and what is wrong now says the next run
    finally:
        connection.close()
    if date:
        yield clock_finding("service", parsedate_to_datetime(date).timestamp() - now, DATE_S)
