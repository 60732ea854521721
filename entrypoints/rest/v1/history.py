"""What has been, over HTTP: finding tasks again, their attempts, another try of one that failed."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.attempts import AttemptRecord
from ....domain.errors import InvalidIdentifier, InvalidInput
from ....domain.identifiers import FunctionId, parse_function_id, parse_task_id
from ....domain.ports import TaskQuery
from ....domain.service import Service
from ....domain.task import TaskStatus
from .catalog import Catalog
from .formats import reply, wanted
from .history_bodies import Attempts, OfAttempt, TaskPage
from .outcomes import error_of
from .queries import PAGING, Parameter, limit, value, values
from .routing import Described, add_route, gives
from .tasks import TAKEN, Tasks, task_id_of, told_of
from .times import at, known_at

_FILTERS: dict[str, Parameter] = {
    "status": {
        "description": "Only tasks that stand so; several: repeated, or with commas between.",
        "schema": {
            "type": "array",
            "items": {"type": "string", "enum": [str(each) for each in TaskStatus]},
        },
    },
    "function": {"description": "Only tasks of this function.", "schema": {"type": "string"}},
    "tag": {"description": "Only tasks with this tag.", "schema": {"type": "string"}},
    "worker": {
        "description": "Only tasks that this worker runs, or has run last.",
        "schema": {"type": "string"},
    },
}


def add_history_routes(router: APIRouter, service: Service, catalog: Catalog, tasks: Tasks) -> None:
    """Add the routes of what has been to ``router``."""
    routes = _History(service, catalog, tasks)
    listing = Described(gives(TaskPage), failures=(404,), queries={**_FILTERS, **PAGING})
    retrying = Described({202: TAKEN}, failures=(404, 409, 410))
    trying = Described(gives(Attempts), failures=(404, 410))
    add_route(router, "GET", "/v1/tasks", routes.find, listing)
    add_route(router, "POST", "/v1/tasks/{task_id}/retry", routes.retry, retrying)
    add_route(router, "GET", "/v1/tasks/{task_id}/attempts", routes.attempts, trying)


class _History:
    def __init__(self, service: Service, catalog: Catalog, tasks: Tasks) -> None:
        self._service = service
        self._catalog = catalog
        self._tasks = tasks

    async def find(self, request: Request) -> Response:
        """List tasks, the newest first."""
        answer_in, most = wanted(request), limit(request)
        cursor = value(request, "cursor") or ""
        query = TaskQuery(
            _statuses(request),
            await self._function(value(request, "function") or None),
            value(request, "tag") or "",
            value(request, "worker") or "",
        )
        page = await self._service.find(query, cursor and parse_task_id(cursor), most)
        known = await self._catalog.known(task.function_id for task in page.tasks)
        items = [told_of(task, known[task.function_id]) for task in page.tasks]
        await self._tasks.add_running(items)
        return reply(TaskPage(items, page.next_cursor or None), answer_in)

    async def retry(self, request: Request) -> Response:
        """Queue a task again that failed, expired or was cancelled: same id, all of its budget.

        Its batch counts it as waiting again.
        """
        answer_in = wanted(request)
        task = await self._service.retry(task_id_of(request))
        return await self._tasks.taken(task, answer_in)

    async def attempts(self, request: Request) -> Response:
        """List a task's attempts: who tried, how long, how it ended, what was seen."""
        answer_in = wanted(request)
        found = await self._service.attempts(task_id_of(request))
        return reply(Attempts(list(map(_told, found))), answer_in)

    async def _function(self, reference: str | None) -> FunctionId | None:
        """Return a function's id; one that was deleted is found by its id alone."""
        if reference is None:
            return None
        try:
            return parse_function_id(reference)
        except InvalidIdentifier:
            return (await self._catalog.resolve(reference)).id


def _statuses(request: Request) -> frozenset[TaskStatus]:
    named = [word for text in values(request, "status") for word in text.split(",")]
    try:
        return frozenset(map(TaskStatus, named))
    except ValueError:
        legal = ", ".join(TaskStatus)
        raise InvalidInput(f"status={','.join(named)[:80]!r} is none of {legal}") from None


def _told(attempt: AttemptRecord) -> OfAttempt:
    began = attempt.started_at_ms or attempt.finished_at_ms
    return OfAttempt(
        number=attempt.number,
        outcome=attempt.end,
        worker=attempt.worker or None,
        queued_at=at(attempt.queued_at_ms) if attempt.queued_at_ms else None,
        started_at=known_at(attempt.started_at_ms),
        finished_at=known_at(attempt.finished_at_ms),
        queued_s=_between_s(attempt.queued_at_ms or None, began),
        run_s=attempt.run_ms / 1000
        if attempt.run_ms
        else _between_s(attempt.started_at_ms, attempt.finished_at_ms),
        peak_rss_kb=attempt.peak_rss_kb or None,
        error=None if attempt.failure is None else error_of(attempt.failure),
        output=attempt.output,
    )


def _between_s(first_ms: int | None, last_ms: int | None) -> float | None:
    if first_ms is None or last_ms is None:
        return None
    return max(0, last_ms - first_ms) / 1000
