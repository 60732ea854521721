"""The driver's side of the conversation with the suite; standard library only.

A driver is a process in the environment of the system that it drives. It reads one JSON object a
line from stdin, ``{"do": NAME, ...}``, and answers each with one on stdout: figures, or
``{"problem": TEXT}``. Whatever else the system prints goes to stderr. Times are seconds by
``time.perf_counter``, measured where a user's client stands: here.
"""

import gc
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn, Protocol

Answer = dict[str, Any]
Operation = Callable[..., Answer]


class Peer(Protocol):
    """A system under test, as a client sees it."""

    slots: int
    """Tasks that run at once, for the ideal time of tasks that take long."""

    def start(self, store: str, children: int, folder: str) -> None:
        """Start workers that keep their data in ``store`` (a Redis URL); need not wait for them."""
        ...

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Hand in one task for each argument, the fastest documented way; return its handles."""
        ...

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for the results of these tasks; return them in order."""
        ...

    def stop(self) -> None:
        """End the workers."""
        ...


def operations(peer: Peer) -> dict[str, Operation]:
    """Return what the suite can ask of any peer."""

    def start(store: str, children: int, folder: str) -> Answer:
        began = time.perf_counter()
        peer.start(store, children, folder)
        _check(peer.fetch(peer.submit("noop", [0])), [None])
        return {"first_result_s": time.perf_counter() - began}

    def throughput(count: int) -> Answer:
        return timed(peer, "noop", [0] * count, [None] * count)

    def latency(count: int, seconds: float) -> Answer:
        def once() -> None:
            _check(peer.fetch(peer.submit("noop", [0])), [None])

        return {"ms": round_trips(once, count, seconds)}

    def naps(count: int, seconds: float) -> Answer:
        lengths = [seconds] * count
        return timed(peer, "nap", lengths, lengths) | {"slots": peer.slots}

    def echo(count: int, size: int) -> Answer:
        bodies = [random.Random(n).randbytes(size) for n in range(min(count, 16))]  # noqa: S311 - data, no secret
        arguments = [bodies[n % len(bodies)] for n in range(count)]
        return timed(peer, "echo", arguments, arguments)

    def stop() -> Answer:
        peer.stop()
        return {}

    named = (start, throughput, latency, naps, echo, stop)
    return {each.__name__: each for each in named}


def timed(peer: Peer, name: str, arguments: Sequence[Any], expected: Sequence[Any]) -> Answer:
    """Submit all, fetch all, check all; return when all was submitted and when all was there."""
    gc.collect()
    began = time.perf_counter()
    handles = peer.submit(name, arguments)
    submitted = time.perf_counter()
    results = peer.fetch(handles)
    ended = time.perf_counter()
    _check(results, expected)
    return {"count": len(arguments), "submit_s": submitted - began, "total_s": ended - began}


def round_trips(once: Callable[[], object], count: int, seconds: float) -> list[float]:
    """Return how long each of ``count`` calls took, in ms; fewer, but 10, if time is up before."""
    taken: list[float] = []
    deadline = time.perf_counter() + seconds
    for _ in range(count):
        began = time.perf_counter()
        once()
        ended = time.perf_counter()
        taken.append((ended - began) * 1000)
        if ended > deadline and len(taken) >= min(10, count):
            break
    return taken


def serve(asked: dict[str, Operation]) -> None:
    """Answer the suite until it closes stdin; an operation that raises answers with its problem.

    SIGTERM says that the suite was killed: what runs is left, and the system is ended.
    """
    signal.signal(signal.SIGTERM, _leave)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what systems print must not get between the answers
    try:
        for line in sys.stdin:
            request = json.loads(line)
            operation = asked.get(request.pop("do"))
            try:
                answer = {"problem": "not supported"} if operation is None else operation(**request)
            except Exception as error:  # noqa: BLE001 - whatever it is, the suite reports it in this system's row
                answer = {"problem": f"{type(error).__name__}: {error}"[:500]}
            answers.write(json.dumps(answer) + "\n")
    finally:
        with suppress(Exception):  # the suite has gone, perhaps killed: leave nothing behind
            asked["stop"]()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)


def _check(results: Sequence[Any], expected: Sequence[Any]) -> None:
    if list(results) != list(expected):
        right = sum(a == b for a, b in zip(results, expected, strict=False))
        raise ValueError(f"{right} of {len(expected)} results are right")
