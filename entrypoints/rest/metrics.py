"""``/metrics`` for Prometheus: how this process serves, and how its store stands.

Each web service answers for itself: its requests are its own, to be summed over all that are asked.
What comes from the store (queues, tasks, workers) is the same from each. It is read when somebody
asks, in two calls, and never otherwise. Counting a request costs one entry of a dictionary.
"""

import sys
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter, time
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from ... import __version__
from ...domain.errors import StoreIncompatible, StoreUnavailable
from ...domain.ports import Standing, WorkerRecord, WorkerState
from ...domain.service import Service
from .routing import Endpoint, PlainRoute

TYPES = ("text/plain", "application/openmetrics-text")

Requests = Mapping[tuple[Endpoint | None, int], int]
"""How often which endpoint (None: the framework's own, or none) answered with which status."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the store says; ``standing`` is None where it does not answer."""

    standing: Standing | None = None
    workers: tuple[WorkerRecord, ...] = ()
    round_trip_s: float = 0.0
    now_s: float = 0.0


class Metrics(Collector):
    """What one application has to tell: its own requests, and the latest reading of the store.

    ``requests`` and ``router`` are live: looked at when somebody asks.
    """

    def __init__(self, service: Service, requests: Requests, router: APIRouter) -> None:
        self._service = service
        self._requests = requests
        self._router = router
        self._reading = Reading()
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    async def text(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics now, and their content type: what the client likes of TYPES."""
        encode, kind = choose_encoder(accept)
        self._reading = await self._read()
        written: bytes = encode(self.registry)
        return written, kind

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, from the latest reading."""
        yield from self._own()
        reading = self._reading
        up = reading.standing is not None
        yield _gauge("gofer_store_up", "Whether the store answers.", float(up))
        if reading.standing is not None:
            text = "How long the store took to say how the queues stand."
            yield _gauge("gofer_store_round_trip_seconds", text, reading.round_trip_s)
            yield from _of_queues(reading.standing, reading.now_s)
            yield from _of_workers(reading.workers)

    async def _read(self) -> Reading:
        """Ask the store; what it does not answer is left out, and said so."""
        began = perf_counter()
        try:
            standing = await self._service.queues.standing()
            took_s = perf_counter() - began
            workers = await self._service.workers.list()
        except (StoreUnavailable, StoreIncompatible):
            return Reading()  # gofer_store_up tells
        return Reading(standing, tuple(workers), took_s, time())

    def _own(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            "gofer_build_info", "Which gofer this is.", labels=["version", "python"]
        )
        build.add_metric([__version__, sys.version.split()[0]], 1)
        yield build
        places = {r.endpoint: r.path for r in self._router.routes if isinstance(r, PlainRoute)}
        methods = {
            route.endpoint: ",".join(sorted(route.methods or ()))
            for route in self._router.routes
            if isinstance(route, PlainRoute)
        }
        told = Tally[tuple[str, str, str]]()
        for (endpoint, status), count in tuple(self._requests.items()):
            route = places.get(endpoint, "other") if endpoint is not None else "other"
            method = methods.get(endpoint, "any") if endpoint is not None else "any"
            told[method, route, str(status)] += count
        served = CounterMetricFamily(
            "gofer_http_requests",
            "Requests that were answered, by route and status.",
            labels=["method", "route", "status"],
        )
        for labels, count in sorted(told.items()):
            served.add_metric(labels, count)
        yield served


def _of_queues(standing: Standing, now_s: float) -> Iterator[Metric]:
    depth = _family("gofer_queue_depth", "Tasks that may be claimed.", "priority")
    age = _family("gofer_queue_oldest_age_seconds", "Since the first was submitted.", "priority")
    paused = _family("gofer_queue_paused", "Whether nothing is claimed.", "priority")
    for queue in standing.queues:
        labels = [str(queue.priority)]
        oldest = queue.oldest_at_ms
        depth.add_metric(labels, queue.depth)
        age.add_metric(labels, 0.0 if oldest is None else max(0.0, now_s - oldest / 1000))
        paused.add_metric(labels, float(queue.paused))
    yield from (depth, age, paused)
    yield _gauge("gofer_tasks_delayed", "Tasks that wait for their time.", standing.delayed)
    yield _gauge("gofer_tasks_running", "Tasks that are leased to workers.", standing.running)
    totals = standing.totals
    submitted = CounterMetricFamily("gofer_tasks_submitted", "Tasks recorded in this store.")
    submitted.add_metric([], totals.submitted)
    yield submitted
    finished = CounterMetricFamily(
        "gofer_tasks_finished", "Tasks that have ended, by how.", labels=["status"]
    )
    for status in ("completed", "failed", "cancelled", "expired"):
        finished.add_metric([status], getattr(totals, status))
    yield finished


def _of_workers(workers: Iterable[WorkerRecord]) -> Iterator[Metric]:
    there = Tally(dict.fromkeys(WorkerState, 0))
    slots = busy = 0
    for worker in workers:
        there[worker.state] += 1
        if worker.state is not WorkerState.LOST:
            slots += worker.slots
            busy += worker.in_hand
    count = _family("gofer_workers", "Workers, by how they stand.", "state")
    for state in WorkerState:
        count.add_metric([str(state)], there[state])
    yield count
    yield _gauge("gofer_worker_slots", "Tasks that all workers can run at once.", slots)
    yield _gauge("gofer_worker_tasks", "Tasks in the hands of all workers.", busy)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _family(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=[label])


def add_metrics_route(router: APIRouter, metrics: Metrics) -> None:
    """Add ``/metrics`` to ``router``."""

    async def told(request: Request) -> Response:
        """Return how this service and its store stand, in the text format of Prometheus."""
        body, kind = await metrics.text(request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": kind})

    text: dict[str, Any] = {"schema": {"type": "string"}}
    router.add_api_route(
        "/metrics",
        told,
        methods=["GET"],
        name="metrics",
        response_class=Response,
        responses={200: {"description": "Done.", "content": dict.fromkeys(TYPES, text)}},
        route_class_override=PlainRoute,
    )
