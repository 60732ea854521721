"""Single tasks over HTTP: submit, look, wait, fetch the outcome, cancel."""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.function import FunctionHead
from ....domain.identifiers import TaskId, batch_of, parse_task_id
from ....domain.ports import Cancelled, End
from ....domain.service import Called, Service
from ....domain.task import Success, Task, TaskStatus
from ..encoding import Encoding
from . import outcomes
from .bodies import Result
from .catalog import Catalog, Known
from .formats import Format, reply, wanted
from .queries import WAIT, waiting_s
from .routing import LOCATION, RETRY_AFTER, Answer, Described, add_route, gives
from .submitting import Wish, Wishes
from .task_bodies import OfBackoff, OfFunction, Progress, SubmitTask, TaskCancelled, TaskStands
from .times import at, known_at

LARGE_RESULT_BYTES = 16 * 1024
"""Results over this size are read and written in a thread: as plain data they may take a while."""

PROGRESS_MOST = 20
"""Of the running tasks of a list so many are told with their progress: it costs a look each."""

PROGRESS_LEAST_MS = 200
"""What has run for less has shown nothing, and is not asked about: workers show after 250 ms."""

COME_AGAIN = {"Retry-After": "1"}

LINKS = ("result", "events", "logs", "attempts", "explain", "cancel", "retry")

KEY = {
    "Idempotency-Key": {
        "description": "Sent again with the same key, the same request answers with the same task.",
        "schema": {"type": "string", "pattern": "^[ -~]{0,255}$"},
    }
}
NOT_THERE = (404, 410)
SUBMIT_FAILURES = (404, 408, 413, 415, 422, 429)

NOT_YET = Answer(Result, "It has not ended.", RETRY_AFTER)
ENDED = Answer(Result, "It has ended, within `wait` seconds.")
TAKEN = Answer(TaskStands, "It is recorded, and will not be lost.", LOCATION)


def add_task_routes(router: APIRouter, tasks: "Tasks") -> None:
    """Add the routes of single tasks to ``router``."""
    submitting = Described(
        {202: TAKEN, 200: ENDED},
        takes=SubmitTask,
        failures=SUBMIT_FAILURES,
        headers=KEY,
        queries=WAIT,
    )
    standing = Described(gives(TaskStands), failures=NOT_THERE, queries=WAIT)
    resulting = Described({**gives(Result), 202: NOT_YET}, failures=NOT_THERE, queries=WAIT)
    stopping = Answer(TaskCancelled, "It runs, and is being killed.")
    cancelling = Described({**gives(TaskCancelled), 202: stopping}, failures=NOT_THERE)
    add_route(router, "POST", "/v1/tasks", tasks.submit, submitting)
    add_route(router, "GET", "/v1/tasks/{task_id}", tasks.show, standing)
    add_route(router, "GET", "/v1/tasks/{task_id}/result", tasks.result, resulting)
    add_route(router, "POST", "/v1/tasks/{task_id}/cancel", tasks.cancel, cancelling)


class Tasks:
    """The routes of single tasks, and what others need of them."""

    def __init__(self, service: Service, encoding: Encoding, catalog: Catalog) -> None:
        self._service = service
        self._encoding = encoding
        self._catalog = catalog
        self._wishes = Wishes(SubmitTask, encoding)

    async def submit(self, request: Request) -> Response:
        """Have a function run; the answer comes once the task is recorded.

        Arguments are a pickle (`payload`), or plain data (`args`, `kwargs`). With `wait`, what came
        of it is the answer if it ends within so many seconds; else, and without, the task is.
        """
        answer_in, waits_s = wanted(request), waiting_s(request)
        wish = await self._wishes.read(request)
        function = await self._catalog.resolve(cast("SubmitTask", wish.body).function)
        return await self.run(wish, function, waits_s, answer_in)

    async def show(self, request: Request) -> Response:
        """Tell how a task stands.

        With `wait`, a request for a task that has not ended is answered once it has.
        """
        answer_in, task_id = wanted(request), task_id_of(request)
        if waits_s := waiting_s(request):
            task, _ = await self._service.wait(task_id, waits_s)
        else:
            task = await self._service.status(task_id)
        told = await self.told(task)
        await self.add_running([told])
        if _lasted(task):
            told.progress = await self._progress(told)
        return reply(told, answer_in)

    async def result(self, request: Request) -> Response:
        """Give what came of a task: 200 once it has ended, 202 until then, 410 if kept no longer.

        With `wait`, a request for a task that has not ended is answered once it has.
        """
        answer_in, task_id = wanted(request), task_id_of(request)
        task, outcome = await self._service.result(task_id, waiting_s(request))
        if outcome is None:
            body = Result(task.id, task.status)
            return reply(body, answer_in, HTTPStatus.ACCEPTED, COME_AGAIN)
        return await self.outcome(task.id, End(task.status, outcome), answer_in)

    async def cancel(self, request: Request) -> Response:
        """End a task: a queued one never starts, a running one is killed."""
        answer_in, task_id = wanted(request), task_id_of(request)
        answer = await self._service.cancel(task_id)
        stopping = answer is Cancelled.STOPPING
        status = HTTPStatus.ACCEPTED if stopping else HTTPStatus.OK
        return reply(TaskCancelled(task_id, answer.value), answer_in, status)

    # ------------------------------------------------------------ for calls, too

    async def run(
        self, wish: Wish, function: FunctionHead, waits_s: float, answer_in: Format
    ) -> Response:
        """Record a task and wait for it; return what came of it, or 202 and where it is found.

        Raises Refused, and what the service raises.
        """
        submission = wish.submission(function)
        if wish.body.on_incompatible == "fail":
            for problem in (await self._service.functions.misfits([function])).values():
                raise problem
        async with self._encoding.ahead([submission.payload]):
            if not waits_s:
                (task_id,) = await self._service.submit([submission])
                task = await self._service.status(task_id)
            else:
                called = await self._service.call(submission, waits_s)
                if isinstance(called, Called):
                    return await self.outcome(*called, answer_in)
                task = called
        return await self.taken(task, answer_in)

    async def taken(self, task: Task, answer_in: Format) -> Response:
        """Return 202 and where a task is found."""
        body = await self.told(task)
        return reply(body, answer_in, HTTPStatus.ACCEPTED, {"Location": body.links["self"]})

    async def outcome(self, task_id: TaskId, end: End, answer_in: Format) -> Response:
        """Return 200 and what came of a task."""
        outcome = end.outcome

        def written() -> Response:
            parts = outcomes.told(outcome, answer_in, self._encoding.to_json)
            return reply(Result(task_id, end.status, *parts), answer_in)

        if isinstance(outcome, Success) and len(outcome.result) > LARGE_RESULT_BYTES:
            return await asyncio.to_thread(written)
        return written()

    async def told(self, task: Task) -> TaskStands:
        """Return how a task stands, as it is told."""
        known = await self._catalog.known([task.function_id])
        return told_of(task, known[task.function_id])

    async def add_running(self, tasks: Iterable[TaskStands]) -> None:
        """Add who runs the tasks that run, and how far they say that they are; in place.

        Whose start is not noted yet may be known to the workers of a second ago; progress
        takes a call a task, so that only the first PROGRESS_MOST have theirs.
        """
        running = [each for each in tasks if each.status == TaskStatus.RUNNING]
        if not running:
            return
        if any(each.worker is None for each in running):
            workers = await self._service.workers.list()
            runs = {task_id: worker.id for worker in workers for task_id in worker.running}
            for each in running:
                each.worker = each.worker or runs.get(TaskId(each.id))
        first = running[:PROGRESS_MOST]
        said = await asyncio.gather(*map(self._progress, first))
        for each, found in zip(first, said, strict=True):
            each.progress = found

    async def _progress(self, task: TaskStands) -> Progress | None:
        """Return how far a task's attempt says that it has come; costs a call of the store."""
        found = await self._service.output.progress_of(TaskId(task.id), task.attempt)
        return None if found is None else Progress(*found)

    def as_known(self, task: Task) -> TaskStands:
        """Return the same, without asking what its function is called."""
        return told_of(task, self._catalog.remembered(task.function_id))


def _lasted(task: Task) -> bool:
    """Return whether a task has ended, and its last attempt ran long enough to show progress."""
    if task.started_at_ms is None or task.finished_at_ms is None:
        return False
    return task.finished_at_ms - task.started_at_ms >= PROGRESS_LEAST_MS


def told_of(task: Task, function: Known) -> TaskStands:
    """Return how a task stands, as it is told."""
    timeout_ms, backoff = task.budget.timeout_ms, task.budget.backoff
    return TaskStands(
        id=task.id,
        function=OfFunction(task.function_id, *function),
        status=task.status,
        reason=task.reason,
        attempt=task.attempt,
        priority=task.priority,
        tags=list(task.tags),
        progress=None,
        worker=task.worker or None,
        batch=batch_of(task.id),
        created_at=at(task.created_at_ms),
        queued_at=at(task.queued_at_ms),
        started_at=known_at(task.started_at_ms),
        finished_at=known_at(task.finished_at_ms),
        run_at=known_at(task.due_at_ms),
        expires_at=known_at(task.expires_at_ms or None),
        timeout_s=None if timeout_ms is None else timeout_ms / 1000,
        retries=task.budget.retries,
        redeliveries=task.budget.redeliveries,
        backoff=OfBackoff(
            backoff.initial_ms / 1000, backoff.factor, backoff.most_ms / 1000, backoff.jitter
        ),
        result_ttl_s=task.result_ttl_ms / 1000 if task.result_ttl_ms else None,
        links=links_of(task.id),
    )


def task_id_of(request: Request) -> TaskId:
    """Return the task that a path names; raise InvalidIdentifier."""
    return parse_task_id(request.path_params["task_id"])


def links_of(task_id: TaskId) -> dict[str, str]:
    """Return where a task is found."""
    own = f"/v1/tasks/{task_id}"
    return {"self": own, **{each: f"{own}/{each}" for each in LINKS}}
