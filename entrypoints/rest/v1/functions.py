"""Functions over HTTP: register one, look, call it with plain JSON."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.function import Function
from ....domain.service import Service
from ..encoding import Encoding
from .bodies import Result
from .catalog import Catalog
from .formats import Reader, reply, spoken, wanted
from .function_bodies import EnvironmentOf, FunctionStands, RegisterFunction
from .problems import Refused
from .queries import WAIT, waiting_s
from .routing import LOCATION, Answer, Described, add_route, gives
from .submitting import Wishes
from .task_bodies import Call
from .tasks import KEY, SUBMIT_FAILURES, TAKEN, Tasks
from .times import at

NEW = Answer(FunctionStands, "It is registered.", LOCATION)


def add_function_routes(
    router: APIRouter, service: Service, encoding: Encoding, catalog: Catalog, tasks: Tasks
) -> None:
    """Add the routes of functions to ``router``."""
    routes = _Functions(service, encoding, catalog, tasks)
    registering = Described({201: NEW}, takes=RegisterFunction, failures=(408, 413, 415, 422))
    ended = Answer(Result, "It has ended, within `wait` seconds.")
    calling = Described(
        {200: ended, 202: TAKEN},
        takes=Call,
        failures=SUBMIT_FAILURES,
        headers=KEY,
        queries=WAIT,
    )
    add_route(router, "POST", "/v1/functions", routes.register, registering)
    add_route(
        router,
        "GET",
        "/v1/functions/{ref}",
        routes.show,
        Described(gives(FunctionStands), failures=(404,)),
    )
    add_route(router, "POST", "/v1/functions/{ref}/call", routes.call, calling)


class _Functions:
    def __init__(
        self, service: Service, encoding: Encoding, catalog: Catalog, tasks: Tasks
    ) -> None:
        self._service = service
        self._encoding = encoding
        self._catalog = catalog
        self._tasks = tasks
        self._reader = Reader(RegisterFunction)
        self._calls = Wishes(Call, encoding)

    async def register(self, request: Request) -> Response:
        """Register a function."""
        answer_in = wanted(request)
        body: RegisterFunction = self._reader.read(await request.body(), spoken(request))
        if not isinstance(body.bytecode, bytes):
            raise Refused("does-not-fit", "a function needs its `bytecode`")
        async with self._encoding.ahead([body.bytecode]):
            function_id = await self._service.register(body.name, body.bytecode)
        told = told_of(await self._service.function(function_id))
        return reply(told, answer_in, HTTPStatus.CREATED, {"Location": told.links["self"]})

    async def show(self, request: Request) -> Response:
        """Tell what a function is."""
        answer_in = wanted(request)
        function_id = await self._catalog.resolve(request.path_params["ref"])
        return reply(told_of(await self._service.function(function_id)), answer_in)

    async def call(self, request: Request) -> Response:
        """Call a function with plain data.

        With `wait`, what came of it is the answer if it ends within so many seconds; else, and
        without, the task is.
        """
        answer_in, waits_s = wanted(request), waiting_s(request)
        wish = await self._calls.read(request)
        function = await self._catalog.resolve(request.path_params["ref"])
        task_id = await self._tasks.record(wish.submission(function))
        if waits_s:
            task, outcome = await self._service.wait(task_id, waits_s)
            if outcome is not None:
                return await self._tasks.outcome(task, outcome, answer_in)
        return await self._tasks.taken(task_id, answer_in)


def told_of(function: Function) -> FunctionStands:
    """Return a function as it is told."""
    needs = function.environment
    own = f"/v1/functions/{function.id}"
    return FunctionStands(
        id=function.id,
        name=function.name,
        version=1,
        digest=function.digest,
        environment=EnvironmentOf(
            needs.implementation, f"{needs.python[0]}.{needs.python[1]}", needs.dill
        ),
        created_at=at(function.created_at_ms),
        links={"self": own, "call": f"{own}/call"},
    )
