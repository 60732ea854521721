"""What ``gofer bench`` measures: round trips, bulk, payloads. Times are those of the client.

It is a guest: its functions have names that nobody else has, what it returns is kept for a minute
only, and if it is interrupted, the tasks that have not ended are cancelled.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec

from ..sdk.batches import Batch
from ..sdk.client import Client
from ..sdk.errors import ClientError, Refused, Unreachable
from .failures import BenchFailed

PER_REQUEST = 1000
"""Tasks of one submit: the service takes up to 10 000."""

REQUEST_BYTES = 8 * 1024 * 1024
"""Payloads of one submit at most, below the service's usual limits."""

NOOP, ECHO = "gofer-bench-noop", "gofer-bench-echo"
"""The same functions at each run, so they are registered once."""

KEPT = {"result_ttl_s": 60.0}
"""Of all tasks: megabytes that came back are of no use to anybody."""

ROUNDS = 3
"""How often what is done in bulk is done."""

ROUND_TRIPS = 200
ECHOES = ((1024, 1000), (1024 * 1024, 32))
"""Size in bytes, and how many."""

PATIENCE_S = 60.0
"""How long the results of one request's tasks may take."""


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Tasks one after the other: submit one, wait for its result."""

    count: int
    median_ms: float
    p99_ms: float
    least_ms: float
    most_ms: float


@dataclass(frozen=True, slots=True)
class Bulk:
    """Many tasks at once: until all were taken, and until all results were here.

    Of ``rounds`` times ``count`` tasks: the medians, and the least and most.
    """

    count: int
    rounds: int
    submits_per_s: float
    least_submits_per_s: float
    most_submits_per_s: float
    tasks_per_s: float
    least_tasks_per_s: float
    most_tasks_per_s: float


@dataclass(frozen=True, slots=True)
class Echo:
    """Payloads there and back: the median of ``rounds``, least and most."""

    size_bytes: int
    count: int
    rounds: int
    echoes_per_s: float
    least_echoes_per_s: float
    most_echoes_per_s: float
    mib_per_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything."""

    url: str
    round_trips: RoundTrips
    bulk: Bulk
    echoes: tuple[Echo, ...]


def measure(
    url: str, tasks: int, say: Callable[[str], None], patience_s: float = PATIENCE_S
) -> Figures:
    """Measure the installation behind ``url`` with ``tasks`` no-ops; raise BenchFailed.

    The functions are built-ins, which every worker has whatever its Python version.
    """
    with _in_words(url), Client(url) as client:
        measuring = _Measuring(client, patience_s)
        noop, echo = client.register(bool, NOOP), client.register(bytes, ECHO)
        measuring.no_ops(noop, min(tasks, ROUND_TRIPS), rounds=1)  # children start, caches fill
        say("one at a time")
        round_trips = measuring.round_trips(noop, min(tasks, ROUND_TRIPS))
        say("in bulk")
        bulk = measuring.no_ops(noop, tasks)
        say("payloads")
        echoes = [measuring.echo(echo, size, min(tasks, count)) for size, count in ECHOES]
    return Figures(url, round_trips, bulk, tuple(echoes))


class _Measuring:
    """One client, and how long it waits."""

    def __init__(self, client: Client, patience_s: float) -> None:
        self._client = client
        self._patience_s = patience_s

    def round_trips(self, function: str, count: int) -> RoundTrips:
        """Run tasks one after the other."""
        taken: list[float] = []
        for _ in range(count):
            began = time.perf_counter()
            result = self._client.call(function, self._client.arguments(), self._patience_s)
            value = result.value()
            taken.append((time.perf_counter() - began) * 1000)
            if value is not False:
                raise BenchFailed("a no-op returned something else than was expected")
        p99 = statistics.quantiles(taken, n=100)[98] if count > 1 else taken[0]
        middle = statistics.median(taken)
        return RoundTrips(count, middle, min(p99, max(taken)), min(taken), max(taken))

    def no_ops(self, function: str, count: int, rounds: int = ROUNDS) -> Bulk:
        """Run many tasks at once, some times."""
        submits: list[float] = []
        rates: list[float] = []
        for _ in range(rounds):
            submit_s, total_s, values = self._run(function, [self._client.arguments()] * count)
            if values != [False] * count:
                raise BenchFailed("a no-op returned something else than was expected")
            submits.append(count / submit_s)
            rates.append(count / total_s)
        return Bulk(count, rounds, *_spread(submits), *_spread(rates))

    def echo(self, function: str, size: int, count: int, rounds: int = ROUNDS) -> Echo:
        """Send random bytes there and back, some times."""
        rates: list[float] = []
        for _ in range(rounds):
            body = os.urandom(size)
            _, total_s, values = self._run(function, [self._client.arguments(body)] * count)
            if values != [body] * count:
                raise BenchFailed("a payload came back changed")
            rates.append(count / total_s)
        middle, least, most = _spread(rates)
        return Echo(size, count, rounds, middle, least, most, middle * size / 1024**2)

    def _run(self, function: str, payloads: Sequence[bytes]) -> tuple[float, float, list[Any]]:
        """Run a task for each payload; return the seconds until all were taken, and were here."""
        per_request = self._per_request(payloads)
        batches: list[Batch] = []
        key = uuid4().hex
        try:
            began = time.perf_counter()
            for first in range(0, len(payloads), per_request):
                taken, key = payloads[first : first + per_request], uuid4().hex
                batches.append(self._client.submit_payloads(function, taken, KEPT, key))
            submitted = time.perf_counter()
            for batch in batches:
                batch.insist()
            results = [r for batch in batches for r in batch.results(timeout=self._patience_s)]
            ended = time.perf_counter()
        except Unreachable:
            raise
        except BaseException:  # nobody waits for them any more, and they are in others' way
            self._cancel(function, payloads, batches, key)
            raise
        return submitted - began, ended - began, [result.value() for result in results]

    def _cancel(
        self, function: str, payloads: Sequence[bytes], batches: Sequence[Batch], key: str
    ) -> None:
        """Cancel what has not ended; the request of ``key`` is perhaps taken, and not answered."""
        first = len(batches) * self._per_request(payloads)
        with suppress(ClientError):  # why it is broken off is what is told
            for batch in batches:
                batch.cancel()
            if first < len(payloads):
                taken = payloads[first : first + self._per_request(payloads)]
                self._client.submit_payloads(function, taken, KEPT, key).cancel()

    @staticmethod
    def _per_request(payloads: Sequence[bytes]) -> int:
        return max(1, min(PER_REQUEST, REQUEST_BYTES // len(payloads[0])))


def _spread(values: list[float]) -> tuple[float, float, float]:
    """Return median, least and most."""
    return statistics.median(values), min(values), max(values)


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    """Turn what can go wrong into words that say what to do about it."""
    try:
        yield
    except msgspec.DecodeError:
        raise BenchFailed(f"what answers at {url} is no gofer") from None
    except ValueError as error:
        raise BenchFailed(str(error)) from None
    except TimeoutError as error:
        raise BenchFailed(
            f"{error}: the service at {url} takes tasks, and nobody runs them in time;"
            " are its dispatcher and a worker running?"
        ) from None
    except Refused as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            raise BenchFailed(
                f"what answers at {url} is no gofer, or one without batches"
            ) from None
        raise BenchFailed(str(refusal)) from None
    except ClientError as error:
        hint = "name another address with --url, or measure one that is started for it with --up"
        raise BenchFailed(f"{error}; or {hint}") from None
