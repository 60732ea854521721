"""What ``gofer bench`` measures: round trips, bulk, payloads. Times are those of the client."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .client import BenchClient
from .failures import BenchFailed
from .payloads import ECHO, FALSE, NOOP, NOTHING, arguments

PER_REQUEST = 1000
"""Tasks of one submit: the service takes up to 10 000."""

REQUEST_BYTES = 8 * 1024 * 1024
"""Payloads of one submit at most, below the service's usual limits."""

ROUND_TRIPS = 200
ECHOES = ((1024, 1000), (1024 * 1024, 32))
"""Size in bytes, and how many."""


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Tasks one after the other: submit one, wait for its result."""

    count: int
    median_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Bulk:
    """Many tasks at once: until all were taken, and until all results were here."""

    count: int
    submits_per_s: float
    tasks_per_s: float


@dataclass(frozen=True, slots=True)
class Echo:
    """Payloads there and back."""

    size_bytes: int
    count: int
    echoes_per_s: float
    mib_per_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything."""

    url: str
    round_trips: RoundTrips
    bulk: Bulk
    echoes: tuple[Echo, ...]


def measure(url: str, tasks: int, say: Callable[[str], None]) -> Figures:
    """Measure the installation behind ``url`` with ``tasks`` no-ops; raise BenchFailed."""
    client = BenchClient(url)
    try:
        noop, echo = client.register("noop", NOOP), client.register("echo", ECHO)
        _run(client, noop, [NOTHING] * min(tasks, ROUND_TRIPS))  # children start, caches fill
        say("one at a time")
        round_trips = _round_trips(client, noop, min(tasks, ROUND_TRIPS))
        say("in bulk")
        bulk = _bulk(client, noop, tasks)
        say("payloads")
        echoes = tuple(_echo(client, echo, size, min(tasks, count)) for size, count in ECHOES)
    finally:
        client.close()
    return Figures(url, round_trips, bulk, echoes)


def _round_trips(client: BenchClient, function: str, count: int) -> RoundTrips:
    taken: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        _run(client, function, [NOTHING])
        taken.append((time.perf_counter() - began) * 1000)
    p99 = statistics.quantiles(taken, n=100)[98] if count > 1 else taken[0]
    return RoundTrips(count, statistics.median(taken), min(p99, max(taken)))


def _bulk(client: BenchClient, function: str, count: int) -> Bulk:
    submit_s, total_s, results = _run(client, function, [NOTHING] * count)
    if not all(result.endswith(FALSE) for result in results):
        raise BenchFailed("a no-op returned something else than was expected")
    return Bulk(count, count / submit_s, count / total_s)


def _echo(client: BenchClient, function: str, size: int, count: int) -> Echo:
    body = os.urandom(size)
    _, total_s, results = _run(client, function, [arguments(body)] * count)
    if not all(body in result for result in results):
        raise BenchFailed("a payload came back changed")
    return Echo(size, count, count / total_s, count * size / 1024**2 / total_s)


def _run(
    client: BenchClient, function: str, payloads: Sequence[bytes]
) -> tuple[float, float, list[bytes]]:
    """Run a task for each payload; return the seconds until all were taken, and were there."""
    per_request = max(1, min(PER_REQUEST, REQUEST_BYTES // len(payloads[0])))
    began = time.perf_counter()
    batches = [
        client.submit(function, payloads[first : first + per_request])
        for first in range(0, len(payloads), per_request)
    ]
    submitted = time.perf_counter()
    results = [result for batch in batches for result in client.results(batch)]
    return submitted - began, time.perf_counter() - began, results
