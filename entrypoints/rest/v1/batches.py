"""Batches over HTTP: many tasks in one request, and their results as a stream of pages.

The bulk way in and out. Per task it costs a struct on the way in and one on the way out, and
nothing else here: bodies are decoded and encoded whole, payloads are bytes that nobody opens.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from fastapi import APIRouter
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from ....domain.cursors import PATTERN, Cursor
from ....domain.errors import GoferError
from ....domain.function import FunctionHead
from ....domain.identifiers import BatchId, parse_batch_id
from ....domain.ports import Cancelled
from ....domain.service import Service
from ....domain.submissions import Submission
from ..encoding import Encoding
from .bodies import Accepted, BatchCancelled, BatchStands, BatchSubmitted, Page
from .catalog import Catalog
from .fields import MOST_TASKS
from .formats import BINARY, Format, Reader, reply, spoken, wanted
from .outcomes import state_of
from .pages import LONG_BYTES, flowing_page, told_bytes, whole_page
from .problems import Refused, problem, refusal
from .queries import WAIT, Parameter, switch, value, waiting_s, whole
from .routing import LOCATION, Answer, Described, add_route, gives
from .submitting import (
    LARGE_BYTES,
    budget_by,
    budget_of,
    delay_ms,
    expires_at_ms,
    key_of,
    known_by,
    payload_of,
    priority_of,
    result_ttl_ms,
)
from .task_bodies import SubmitBatch
from .tasks import LARGE_RESULT_BYTES, SUBMIT_FAILURES

PAGE_TASKS = 1_000
"""Results of a page where the client does not say how many."""

_KEY: dict[str, Parameter] = {
    "Idempotency-Key": {
        "description": "Sent again with the same key, the same request answers with the same batch,"
        " and records only what was not recorded before.",
        "schema": {"type": "string", "pattern": "^[ -~]{0,255}$"},
    }
}
_PAGES: dict[str, Parameter] = {
    "cursor": {
        "description": "Where to go on: the `next_cursor` of the page before.",
        "schema": {"type": "string", "pattern": f"^({PATTERN})?$"},
    },
    "limit": {
        "description": f"How many at most; {PAGE_TASKS} if nothing is said.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_TASKS},
    },
    **WAIT,
}
_CANCELLING: dict[str, Parameter] = {
    "running": {
        "description": "Whether tasks that run are killed, too.",
        "schema": {"type": "boolean", "default": True},
    }
}


def add_batch_routes(
    router: APIRouter, service: Service, encoding: Encoding, catalog: Catalog
) -> None:
    """Add the routes of batches to ``router``."""
    routes = _Batches(service, encoding, catalog)
    submitting = Described(
        {202: Answer(BatchSubmitted, "It is recorded, and will not be lost.", LOCATION)},
        takes=SubmitBatch,
        failures=SUBMIT_FAILURES,
        headers=_KEY,
    )
    standing = Described(gives(BatchStands), failures=(404,))
    paging = Described(gives(Page), failures=(404,), queries=_PAGES)
    cancelling = Described(gives(BatchCancelled), failures=(404,), queries=_CANCELLING)
    add_route(router, "POST", "/v1/batches", routes.submit, submitting)
    add_route(router, "GET", "/v1/batches/{batch_id}", routes.state, standing)
    add_route(router, "GET", "/v1/batches/{batch_id}/results", routes.results, paging)
    add_route(router, "POST", "/v1/batches/{batch_id}/cancel", routes.cancel, cancelling)


class _Batches:
    def __init__(self, service: Service, encoding: Encoding, catalog: Catalog) -> None:
        self._service = service
        self._batches = service.batches
        self._encoding = encoding
        self._catalog = catalog
        self._reader = Reader(SubmitBatch)

    async def submit(self, request: Request) -> Response:
        """Have many tasks run; the answer comes once they are recorded, each with its own.

        Tasks that are refused (their payload is no pickle, their function is not there, the queue
        is full) do not hold up the others. If none at all is accepted, the first one's problem is
        the answer.
        """
        sent_in, answer_in, key = spoken(request), wanted(request), key_of(request)
        raw = await request.body()
        if len(raw) > LARGE_BYTES:
            wish, payloads, asked = await asyncio.to_thread(self._read, raw, sent_in, key)
        else:
            wish, payloads, asked = self._read(raw, sent_in, key)
        del raw
        functions = await self._resolve(wish)
        await self._refuse_incompatible(wish, functions)
        submissions = list(_submissions(wish, payloads, functions))
        async with self._encoding.ahead(payloads):
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

    def _read(self, raw: bytes, sent_in: Format, key: str) -> tuple[SubmitBatch, list[bytes], str]:
        """Return a body, its payloads and, where it has a key, the digest that it is known by."""
        wish: SubmitBatch = self._reader.read(raw, sent_in)
        payloads = [
            task.payload
            if isinstance(task.payload, bytes) and task.args is UNSET and task.kwargs is UNSET
            else payload_of(task, self._encoding)
            for task in wish.tasks
        ]
        return wish, payloads, known_by(b"", raw) if key else ""

    async def _resolve(self, wish: SubmitBatch) -> "dict[str, FunctionHead | GoferError]":
        """Return the functions that a batch names, or why there is none; raise Refused."""
        references: list[str] = []
        for named in {task.function or wish.function for task in wish.tasks}:
            if named is None:
                detail = "a task names no `function`, and neither does the batch"
                raise Refused("does-not-fit", detail)
            references.append(named)
        return await self._catalog.resolve_all(references)

    async def _refuse_incompatible(
        self, wish: SubmitBatch, functions: "dict[str, FunctionHead | GoferError]"
    ) -> None:
        """Refuse, in their places, the functions of which nobody is to wait for a worker."""
        if wish.on_incompatible == "fail":
            asked = set(functions)
        else:
            strict = (task for task in wish.tasks if task.on_incompatible == "fail")
            asked = {task.function or wish.function or "" for task in strict}
        heads = {
            named: head for named in asked if isinstance(head := functions[named], FunctionHead)
        }
        if heads:
            misfits = await self._service.functions.misfits(heads.values())
            functions |= {n: misfits[head.id] for n, head in heads.items() if head.id in misfits}

    async def state(self, request: Request) -> Response:
        """Tell how far a batch has come."""
        answer_in, batch_id = wanted(request), _batch_id(request)
        state = await self._batches.state(batch_id)
        return reply(state_of(batch_id, state, _links(batch_id)), answer_in)

    async def results(self, request: Request) -> Response:
        """Give results in the order in which the tasks end; may be fewer than asked for.

        With `wait`, a request that would have nothing to tell is answered once it has. If the store
        has lost ends that were told, a page is empty and its `next_cursor` is 0: begin again.
        """
        answer_in, batch_id = wanted(request), _batch_id(request)
        cursor = Cursor.parse(value(request, "cursor") or "0")
        limit = whole(request, "limit", PAGE_TASKS, 1, MOST_TASKS)
        leave_out = LONG_BYTES if answer_in is BINARY else None
        told = await self._batches.results(batch_id, cursor, limit, waiting_s(request), leave_out)
        if any(ending.left_out for ending in told.endings):
            bodies = self._batches.long_results(batch_id, told.endings)
            return flowing_page(batch_id, told, bodies, self._encoding)

        def written() -> Response:
            return whole_page(batch_id, told, answer_in, self._encoding)

        most = LARGE_BYTES if answer_in is BINARY else LARGE_RESULT_BYTES
        large = sum(map(told_bytes, told.endings)) > most
        return await asyncio.to_thread(written) if large else written()

    async def cancel(self, request: Request) -> Response:
        """End all tasks of a batch that have not ended: those that run are killed.

        With `running=false` they are left alone, and counted as `too_late`, as is what a worker
        has taken in hand and not begun.
        """
        answer_in, batch_id = wanted(request), _batch_id(request)
        running = switch(request, "running", default=True)
        counts = await self._batches.cancel(batch_id, running=running)
        body = BatchCancelled(
            batch_id,
            counts[Cancelled.PREVENTED],
            counts[Cancelled.STOPPING],
            counts[Cancelled.TOO_LATE],
        )
        return reply(body, answer_in)


def _submissions(
    wish: SubmitBatch,
    payloads: Sequence[bytes],
    functions: "Mapping[str, FunctionHead | GoferError]",
) -> Iterator[Submission | GoferError]:
    """Translate; tasks that say nothing of their own share one budget."""
    otherwise = {
        named: (
            head.id,
            priority_of(wish, head.defaults),
            budget_of(wish, budget_by(head.defaults)),
            result_ttl_ms(wish, head.defaults.result_ttl_ms or 0),
        )
        for named, head in functions.items()
        if isinstance(head, FunctionHead)
    }
    delay, expiry = delay_ms(wish), expires_at_ms(wish)
    tags = tuple(wish.tags or ())
    for task, payload in zip(wish.tasks, payloads, strict=True):
        named = task.function or wish.function or ""
        function = functions[named]
        if isinstance(function, GoferError):
            yield function
            continue
        function_id, priority, budget, ttl = otherwise[named]
        yield Submission(
            function_id,
            payload,
            priority if task.priority is None else task.priority,
            delay_ms(task, delay),
            budget_of(task, budget),
            "",
            tags if task.tags is None else tuple(task.tags),
            expires_at_ms(task, expiry),
            result_ttl_ms(task, ttl),
        )


def _batch_id(request: Request) -> BatchId:
    return parse_batch_id(request.path_params["batch_id"])


def _links(batch_id: BatchId) -> dict[str, str]:
    at = f"/v1/batches/{batch_id}"
    return {"self": at, "results": f"{at}/results", "cancel": f"{at}/cancel"}
