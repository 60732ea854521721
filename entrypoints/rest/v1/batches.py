"""Batches over HTTP: many tasks in one request, and their results as a stream of pages.

The bulk way in and out. Per task it costs a struct on the way in and one on the way out, and
nothing else here: bodies are decoded and encoded whole, payloads are bytes that nobody opens.
"""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.errors import GoferError
from ....domain.function import content_digest
from ....domain.identifiers import (
    BatchId,
    FunctionId,
    member_ids,
    parse_batch_id,
    parse_function_id,
)
from ....domain.ports import BatchPage, Cancelled, Ending
from ....domain.service import Service
from ....domain.submissions import Submission
from ....domain.task import Budget, Failure
from ..encoding import Encoding
from . import bodies
from .bodies import Accepted, BatchCancelled, BatchStands, BatchSubmitted, Item, Page, SubmitBatch
from .formats import Format, Reader, header, reply, spoken, wanted
from .problems import Refused, problem, refusal
from .queries import WAIT, waiting_s, whole
from .routing import Described, add_route

LARGE_BYTES = 1024 * 1024
"""Bodies over this size are read and written in a thread, so that others get a turn between."""

FORGOTTEN = "FORGOTTEN"
"""The status of a task that has ended so long ago that its outcome is gone."""

PAGE_TASKS = 1_000
"""Results of a page where the client does not say how many."""

_KEY = {
    "Idempotency-Key": "Sent again with the same key, the same request answers with the same batch"
    ", and records only what was not recorded before."
}
_PAGES = {
    "cursor": "Where to go on: the `next_cursor` of the page before; nothing: from the first on.",
    "limit": f"How many at most: 1 to {bodies.MOST_TASKS}, {PAGE_TASKS} if nothing is said.",
    **WAIT,
}


def add_batch_routes(router: APIRouter, service: Service, encoding: Encoding) -> None:
    """Add the routes of batches to ``router``."""
    routes = _Batches(service, encoding)
    submitting = Described(
        BatchSubmitted,
        SubmitBatch,
        status=HTTPStatus.ACCEPTED,
        failures=(400, 404, 406, 413, 415, 422, 429, 503),
        headers=_KEY,
    )
    standing = Described(BatchStands, failures=(400, 404, 406, 503))
    paging = Described(Page, failures=(400, 404, 406, 503), queries=_PAGES)
    cancelling = Described(BatchCancelled, failures=(400, 404, 406, 503))
    add_route(router, "POST", "/v1/batches", routes.submit, submitting)
    add_route(router, "GET", "/v1/batches/{batch_id}", routes.state, standing)
    add_route(router, "GET", "/v1/batches/{batch_id}/results", routes.results, paging)
    add_route(router, "POST", "/v1/batches/{batch_id}/cancel", routes.cancel, cancelling)


class _Batches:
    def __init__(self, service: Service, encoding: Encoding) -> None:
        self._batches = service.batches
        self._encoding = encoding
        self._reader = Reader(SubmitBatch)

    async def submit(self, request: Request) -> Response:
        """Have many tasks run; the answer comes once they are recorded, each with its own.

        Tasks that are refused (their payload is no pickle, their function is not there, the queue
        is full) do not hold up the others. If none at all is accepted, the first one's problem is
        the answer.
        """
        sent_in, answer_in = spoken(request), wanted(request)
        key = header(request, b"idempotency-key").decode("latin-1")
        raw = await request.body()
        if len(raw) > LARGE_BYTES:
            wish, asked = await asyncio.to_thread(self._read, raw, sent_in, key)
        else:
            wish, asked = self._read(raw, sent_in, key)
        del raw
        submissions = list(_submissions(wish))
        async with self._encoding.ahead([each.payload for each in submissions]):
            batch = await self._batches.submit(submissions, key, asked)
        if not batch.accepted and isinstance(first := batch.answers[0], GoferError):
            return refusal(first)
        answers = [
            Accepted(answer, "QUEUED")
            if isinstance(answer, str)
            else Accepted(error=problem(answer))
            for answer in batch.answers
        ]
        links = _links(batch.id)
        body = BatchSubmitted(batch.id, batch.accepted, answers, links)
        return reply(body, answer_in, HTTPStatus.ACCEPTED, {"Location": links["self"]})

    def _read(self, raw: bytes, sent_in: Format, key: str) -> tuple[SubmitBatch, str]:
        """Return what a body says and, for a request with a key, the digest that it is known by."""
        return self._reader.read(raw, sent_in), content_digest(raw) if key else ""

    async def state(self, request: Request) -> Response:
        """Tell how far a batch has come."""
        answer_in, batch_id = wanted(request), _batch_id(request)
        state = await self._batches.state(batch_id)
        return reply(bodies.state_of(batch_id, state, _links(batch_id)), answer_in)

    async def results(self, request: Request) -> Response:
        """Give results in the order in which the tasks end; may be fewer than asked for.

        With `wait`, a request that would have nothing to tell is answered once it has.
        """
        answer_in, batch_id = wanted(request), _batch_id(request)
        cursor = whole(request, "cursor", 0, 0, 1_000_000)
        limit = whole(request, "limit", PAGE_TASKS, 1, bodies.MOST_TASKS)
        page = await self._batches.results(batch_id, cursor, limit, waiting_s(request))
        if sum(map(_size, page.endings)) > LARGE_BYTES:
            return await asyncio.to_thread(_page, batch_id, cursor, page, answer_in)
        return _page(batch_id, cursor, page, answer_in)

    async def cancel(self, request: Request) -> Response:
        """End all tasks of a batch that have not ended: those that run are killed."""
        answer_in, batch_id = wanted(request), _batch_id(request)
        counts = await self._batches.cancel(batch_id)
        body = BatchCancelled(
            batch_id,
            counts[Cancelled.PREVENTED],
            counts[Cancelled.STOPPING],
            counts[Cancelled.TOO_LATE],
        )
        return reply(body, answer_in)


def _submissions(wish: SubmitBatch) -> Iterator[Submission]:
    """Translate; tasks that say nothing of their own share one budget."""
    shared = _budget(wish.retries, wish.redeliveries, wish.timeout_s)
    known: dict[str | None, FunctionId] = {}
    delay_ms = _ms(wish.delay_s)
    for task in wish.tasks:
        named = task.function or wish.function
        function = known.get(named) or known.setdefault(named, _function_id(named))
        yield Submission(
            function,
            task.payload,
            wish.priority if task.priority is None else task.priority,
            delay_ms if task.delay_s is None else _ms(task.delay_s),
            shared if _says_nothing(task) else _own_budget(task, wish),
        )


def _function_id(named: str | None) -> FunctionId:
    if named is None:
        raise Refused("does-not-fit", "a task names no `function`, and neither does the batch")
    return parse_function_id(named)


def _says_nothing(task: bodies.NewTask) -> bool:
    return task.timeout_s is None and task.retries is None and task.redeliveries is None


def _own_budget(task: bodies.NewTask, wish: SubmitBatch) -> Budget:
    return _budget(
        wish.retries if task.retries is None else task.retries,
        wish.redeliveries if task.redeliveries is None else task.redeliveries,
        wish.timeout_s if task.timeout_s is None else task.timeout_s,
    )


def _budget(retries: int, redeliveries: int, timeout_s: float | None) -> Budget:
    return Budget(retries, redeliveries, None if timeout_s is None else max(1, _ms(timeout_s)))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _batch_id(request: Request) -> BatchId:
    return parse_batch_id(request.path_params["batch_id"])


def _links(batch_id: BatchId) -> dict[str, str]:
    at = f"/v1/batches/{batch_id}"
    return {"self": at, "results": f"{at}/results", "cancel": f"{at}/cancel"}


def _size(ending: Ending) -> int:
    outcome = ending.outcome
    if outcome is None:
        return 0
    return len(outcome.exception if isinstance(outcome, Failure) else outcome.result)


def _page(batch_id: BatchId, cursor: int, page: BatchPage, answer_in: Format) -> Response:
    ids = member_ids(batch_id, (ending.position for ending in page.endings))
    items = [
        Item(task_id, ending.position, ending.status or FORGOTTEN, *bodies.told(ending.outcome))
        for task_id, ending in zip(ids, page.endings, strict=True)
    ]
    past = cursor + len(items)
    done = past >= page.state.ended >= page.state.count
    return reply(Page(items, str(past), done), answer_in)
