"""Workers and queues over HTTP: who is there, what waits, and taking them out of service."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.errors import InvalidInput
from ....domain.identifiers import WorkerId, parse_worker_id
from ....domain.ports import QueueState, WorkerRecord
from ....domain.service import Service
from .formats import reply, wanted
from .function_bodies import environment_told
from .operation_bodies import (
    QueuePurged,
    QueuesStand,
    QueueStands,
    Rates,
    Totals,
    WorkerPage,
    WorkerStands,
)
from .routing import Answer, Described, add_route, gives
from .times import at, now_ms


def add_worker_routes(router: APIRouter, service: Service) -> None:
    """Add the routes of workers to ``router``."""
    workers = service.workers

    async def every(request: Request) -> Response:
        """List all workers: where they are, what they can run and do run."""
        answer_in = wanted(request)
        return reply(WorkerPage(list(map(_worker_told, await workers.list())), None), answer_in)

    async def one(request: Request) -> Response:
        """Tell how a worker stands."""
        answer_in = wanted(request)
        return reply(_worker_told(await workers.get(_worker_id(request))), answer_in)

    async def drain(request: Request) -> Response:
        """Have a worker given nothing more; it finishes what it has, and may then be stopped."""
        answer_in = wanted(request)
        record = await workers.drain(_worker_id(request))
        return reply(_worker_told(record), answer_in, HTTPStatus.ACCEPTED)

    async def undrain(request: Request) -> Response:
        """Take a drain back: the worker is given tasks again."""
        answer_in = wanted(request)
        record = await workers.undrain(_worker_id(request))
        return reply(_worker_told(record), answer_in, HTTPStatus.ACCEPTED)

    add_route(router, "GET", "/v1/workers", every, Described(gives(WorkerPage)))
    shown = Described(gives(WorkerStands), failures=(404,))
    add_route(router, "GET", "/v1/workers/{worker_id}", one, shown)
    wished = Answer(WorkerStands, "Its dispatcher hears of it within a second.")
    draining = Described({202: wished}, failures=(404,))
    add_route(router, "POST", "/v1/workers/{worker_id}/drain", drain, draining)
    add_route(router, "POST", "/v1/workers/{worker_id}/undrain", undrain, draining)


def add_queue_routes(router: APIRouter, service: Service) -> None:
    """Add the routes of queues to ``router``."""
    queues = service.queues

    async def every(request: Request) -> Response:
        """Tell how the queues stand, all at one moment."""
        answer_in, standing = wanted(request), await queues.standing()
        totals = standing.totals
        body = QueuesStand(
            list(map(_queue_told, standing.queues)),
            None,
            standing.delayed,
            standing.running,
            Totals(
                totals.submitted,
                totals.completed,
                totals.failed,
                totals.cancelled,
                totals.expired,
            ),
        )
        return reply(body, answer_in)

    async def pause(request: Request) -> Response:
        """Let no task of a priority be started any more; those that run go on."""
        answer_in = wanted(request)
        return reply(_queue_told(await queues.pause(_priority(request))), answer_in)

    async def resume(request: Request) -> Response:
        """Let tasks of a priority be started again."""
        answer_in = wanted(request)
        return reply(_queue_told(await queues.resume(_priority(request))), answer_in)

    async def purge(request: Request) -> Response:
        """Cancel all tasks of a priority that wait."""
        answer_in, priority = wanted(request), _priority(request)
        return reply(QueuePurged(priority, await queues.purge(priority)), answer_in)

    add_route(router, "GET", "/v1/queues", every, Described(gives(QueuesStand)))
    changing = Described(gives(QueueStands))
    add_route(router, "POST", "/v1/queues/{priority}/pause", pause, changing)
    add_route(router, "POST", "/v1/queues/{priority}/resume", resume, changing)
    add_route(router, "POST", "/v1/queues/{priority}/purge", purge, Described(gives(QueuePurged)))


def _worker_id(request: Request) -> WorkerId:
    return parse_worker_id(request.path_params["worker_id"])


def _priority(request: Request) -> int:
    text: str = request.path_params["priority"]
    if not (text.isascii() and text.isdecimal() and len(text) == 1):
        raise InvalidInput(f"{text[:80]!r} is no priority")
    return int(text)


def _worker_told(worker: WorkerRecord) -> WorkerStands:
    own = f"/v1/workers/{worker.id}"
    return WorkerStands(
        id=worker.id,
        mode=worker.mode,
        host=worker.host,
        pid=worker.pid,
        environment=environment_told(worker.environment),
        slots=worker.slots,
        in_hand=worker.in_hand,
        running=list(worker.running),
        state=worker.state,
        connected_at=at(worker.connected_at_ms),
        seen_at=at(worker.seen_at_ms),
        dispatcher=worker.dispatcher,
        links={"self": own, "drain": f"{own}/drain", "undrain": f"{own}/undrain"},
    )


def _queue_told(queue: QueueState) -> QueueStands:
    oldest = queue.oldest_at_ms
    return QueueStands(
        priority=queue.priority,
        depth=queue.depth,
        oldest_age_s=None if oldest is None else max(0, now_ms() - oldest) / 1000,
        paused=queue.paused,
        rates=Rates(queue.submitted_per_s, queue.claimed_per_s),
    )
