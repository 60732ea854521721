"""Functions over HTTP: register, list, look, delete, and call one with plain JSON."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.function import NO_DEFAULTS, Defaults, Environment, FunctionHead
from ....domain.functions import FunctionPage as Page
from ....domain.functions import FunctionWish
from ....domain.service import Service
from ..encoding import Encoding
from .catalog import Catalog
from .formats import Reader, reply, spoken, wanted
from .function_bodies import (
    FunctionPage,
    FunctionStands,
    OfDefaults,
    OfEnvironment,
    Preflight,
    RegisterFunction,
    Sizes,
    environment_told,
)
from .problems import Refused, finding_told
from .queries import PAGING, WAIT, Parameter, limit, value, waiting_s
from .routing import LOCATION, Answer, Described, add_route, gives
from .submitting import LARGE_BYTES, Wishes, ms
from .task_bodies import Call
from .tasks import ENDED, KEY, SUBMIT_FAILURES, TAKEN, Tasks
from .times import at

NEW = Answer(FunctionStands, "It is a new version of its name.", LOCATION)
SAME = Answer(FunctionStands, "The newest version of its name is the same.", LOCATION)

_NAME: dict[str, Parameter] = {
    "name": {"description": "Only the function of this name.", "schema": {"type": "string"}}
}


def add_function_routes(
    router: APIRouter, service: Service, encoding: Encoding, catalog: Catalog, tasks: Tasks
) -> None:
    """Add the routes of functions to ``router``."""
    routes = _Functions(service, encoding, catalog, tasks)
    registering = Described(
        {201: NEW, 200: SAME}, takes=RegisterFunction, failures=(408, 413, 415, 422)
    )
    listing = Described(gives(FunctionPage), queries={**_NAME, **PAGING})
    one = Described(gives(FunctionStands), failures=(404,))
    versions = Described(gives(FunctionPage), failures=(404,), queries=PAGING)
    deleting = Described({204: Answer(None, "It takes no more tasks.")}, failures=(404,))
    calling = Described(
        {200: ENDED, 202: TAKEN}, takes=Call, failures=SUBMIT_FAILURES, headers=KEY, queries=WAIT
    )
    add_route(router, "POST", "/v1/functions", routes.register, registering)
    looking = Described(gives(Preflight), takes=RegisterFunction, failures=(408, 413, 415, 422))
    add_route(router, "POST", "/v1/functions/preflight", routes.preflight, looking)
    add_route(router, "GET", "/v1/functions", routes.find, listing)
    add_route(router, "GET", "/v1/functions/{ref}", routes.show, one)
    add_route(router, "GET", "/v1/functions/{ref}/versions", routes.versions, versions)
    add_route(router, "DELETE", "/v1/functions/{ref}", routes.delete, deleting)
    add_route(router, "POST", "/v1/functions/{ref}/call", routes.call, calling)


class _Functions:
    def __init__(
        self, service: Service, encoding: Encoding, catalog: Catalog, tasks: Tasks
    ) -> None:
        self._service = service
        self._functions = service.functions
        self._encoding = encoding
        self._catalog = catalog
        self._tasks = tasks
        self._reader = Reader(RegisterFunction)
        self._calls = Wishes(Call, encoding)

    async def register(self, request: Request) -> Response:
        """Register a function: a new version of its name, unless the newest is the same."""
        answer_in = wanted(request)
        wish = wish_of(await self._body(request))
        async with self._encoding.ahead([wish.bytecode]):
            registered = await self._functions.register(wish)
        told = told_of(registered.function)
        if registered.findings:
            told.findings = list(map(finding_told, registered.findings))
        status = HTTPStatus.CREATED if registered.created else HTTPStatus.OK
        return reply(told, answer_in, status, {"Location": told.links["self"]})

    async def preflight(self, request: Request) -> Response:
        """Look whether a function would run, and store nothing."""
        answer_in = wanted(request)
        wish = wish_of(await self._body(request))
        async with self._encoding.ahead([wish.bytecode]):
            report = await self._functions.preflight(wish)
        sizes = Sizes(report.bytecode_bytes, report.source_bytes, report.closure_bytes)
        findings = list(map(finding_told, report.findings))
        needs = environment_told(report.environment)
        return reply(Preflight(report.ok, findings, needs, sizes), answer_in)

    async def find(self, request: Request) -> Response:
        """List the newest version of each name."""
        answer_in, name = wanted(request), value(request, "name") or ""
        cursor = value(request, "cursor") or ""
        return reply(_page(await self._functions.find(name, cursor, limit(request))), answer_in)

    async def show(self, request: Request) -> Response:
        """Tell what a function is."""
        answer_in = wanted(request)
        return reply(told_of(await self._functions.resolve(_ref(request))), answer_in)

    async def versions(self, request: Request) -> Response:
        """List the versions of a function's name."""
        answer_in, cursor = wanted(request), value(request, "cursor") or ""
        found = await self._functions.versions(_ref(request), cursor, limit(request))
        return reply(_page(found), answer_in)

    async def delete(self, request: Request) -> Response:
        """Have a function take no new tasks; those that there are end as they would have."""
        await self._functions.delete(_ref(request))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def call(self, request: Request) -> Response:
        """Call a function with plain data, or with a pickle.

        With `wait`, what came of it is the answer if it ends within so many seconds; else, and
        without, the task is.
        """
        answer_in, waits_s = wanted(request), waiting_s(request)
        wish = await self._calls.read(request)
        function = await self._catalog.resolve(_ref(request))
        return await self._tasks.run(wish, function, waits_s, answer_in)

    async def _body(self, request: Request) -> RegisterFunction:
        written_in, raw = spoken(request), await request.body()
        if len(raw) > LARGE_BYTES:
            return await asyncio.to_thread(self._reader.read, raw, written_in)
        body: RegisterFunction = self._reader.read(raw, written_in)
        return body


def wish_of(body: RegisterFunction) -> FunctionWish:
    """Return a wish in the service's words; raise Refused."""
    if body.source is None and not body.bytecode:
        raise Refused("does-not-fit", "a function needs its `source`, its `bytecode`, or both")
    return FunctionWish(
        body.name,
        body.source or "",
        body.entry or "",
        body.bytecode or b"",
        None if body.environment is None else _environment_of(body.environment),
        NO_DEFAULTS if body.defaults is None else _defaults_of(body.defaults),
    )


def told_of(function: FunctionHead) -> FunctionStands:
    """Return a function as it is told."""
    defaults = function.defaults
    own = f"/v1/functions/{function.id}"
    return FunctionStands(
        id=function.id,
        name=function.name,
        version=function.version,
        digest=function.digest,
        environment=environment_told(function.environment),
        has_source=function.has_source,
        has_bytecode=function.has_bytecode,
        defaults=OfDefaults(
            _seconds(defaults.timeout_ms),
            defaults.retries,
            defaults.redeliveries,
            defaults.priority,
            _seconds(defaults.result_ttl_ms),
        ),
        created_at=at(function.created_at_ms),
        links={"self": own, "versions": f"{own}/versions", "call": f"{own}/call"},
    )


def _ref(request: Request) -> str:
    found: str = request.path_params["ref"]
    return found


def _page(found: Page) -> FunctionPage:
    return FunctionPage(list(map(told_of, found.functions)), found.next_cursor or None)


def _seconds(found_ms: int | None) -> float | None:
    return None if found_ms is None else found_ms / 1000


def _environment_of(body: OfEnvironment) -> Environment:
    major, _, minor = body.python.partition(".")
    return Environment(
        body.implementation,
        (int(major), int(minor)),
        body.dill,
        tuple(body.modules),
        tuple(body.names),
    )


def _defaults_of(body: OfDefaults) -> Defaults:
    return Defaults(
        None if body.timeout_s is None else max(1, ms(body.timeout_s)),
        body.retries,
        body.redeliveries,
        body.priority,
        None if body.result_ttl_s is None else max(1, ms(body.result_ttl_s)),
    )
