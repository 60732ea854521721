"""The child's loop: take a chunk, run its tasks one after the other, report each.

A result is written to the results pipe as soon as it exists: it outlives the child, whatever the
next task does to it. The supervisor is not woken for each, only by the *bell*: a byte on the
channel when a chunk is done, or when the oldest result that was not announced is BELL_MS old.
Nothing here pickles; ``child.py`` hands in what does.
"""

import asyncio
import os
import resource
import select
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, Protocol, cast

import msgspec

from ...domain.task import Cause
from . import troubles
from .capture import Capture
from .frames import APART_BYTES, Chunk, Frames, Report, Trouble, encode, split
from .gate import Turnstile
from .health import THOROUGH_MS, Health
from .marker import Marker

BELL_MS = 2.0
DONE = b"."
MORE = b"+"
"""The bells: results are there; a large one is being written, so keep reading."""

_RECEIVE_BYTES = 256 * 1024
_RSS_UNIT = 1024 if sys.platform == "darwin" else 1  # ru_maxrss: bytes there, KiB elsewhere


class Loaded(Protocol):
    """A function as the child holds it."""

    @property
    def call(self) -> Callable[..., Any]:
        """Return what to call."""
        ...


class Pickles(Protocol):
    """What opens and makes pickles; any method may raise anything."""

    def function(self, code: bytes, entry: str, digest: str) -> Loaded:
        """Return the callable in the pickle or, with an ``entry``, of the source."""
        ...

    def arguments(
        self, payload: bytes | memoryview, function: Loaded
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return ``(args, kwargs)`` for ``function``."""
        ...

    def dump(self, value: object) -> bytes:
        """Return the pickle of a result."""
        ...

    def dump_exception(self, error: BaseException, traceback_text: str) -> bytes:
        """Return a pickle that surely opens: of ``error``, or of a built-in one like it."""
        ...


@dataclass(frozen=True, slots=True)
class Wires:
    """A child's connections to its supervisor."""

    channel: socket.socket
    results: int
    turnstile: Turnstile
    marker: Marker
    capture: Capture


class Runner:
    """Runs tasks until the supervisor closes the channel."""

    def __init__(self, wires: Wires, pickles: Pickles, result_bytes: int) -> None:
        """Report results of at most ``result_bytes``; larger ones are failures."""
        self._channel = wires.channel
        self._results = wires.results
        self._turnstile = wires.turnstile
        self._marker = wires.marker
        self._capture = wires.capture
        self._pickles = pickles
        self._result_bytes = result_bytes
        self._bodies: dict[str, tuple[bytes, str]] = {}
        self._functions: dict[str, Loaded] = {}
        self._health = Health(wires.capture)
        self._pid = os.getpid()
        self._rss_kb = 0
        self._loading_ms = 0.0
        self._unannounced_since: float | None = None

    def serve(self) -> None:
        """Say that this child is ready, then run what comes; return when the channel closes."""
        self._write(encode(Report(0)))
        self._ring()
        frames = Frames(sys.maxsize)
        while size := self._channel.recv_into(frames.room()):
            frames.filled(size)
            for chunk in frames.chunks():
                self._run_chunk(chunk)

    def _run_chunk(self, chunk: Chunk) -> None:
        for digest in chunk.forget:
            self._bodies.pop(digest, None)
            self._functions.pop(digest, None)
        for digest, code, entry in chunk.functions:
            self._bodies[digest] = code, entry
        thorough = True
        for number, digest, payload in chunk.tasks:
            if not self._turnstile.admits(number):
                continue
            self._marker.begin(number)
            report = self._run(number, digest, payload)
            if os.getpid() != self._pid:
                os._exit(0)  # a fork of this child that fell out of the user's code: not ours
            self._say(report)
            self._marker.end()
            last = number == chunk.tasks[-1][0]
            if last or self._is_overdue():
                self._ring()
            thorough = last or report.run_ms >= THOROUGH_MS
            self._look(thorough=thorough)
        if self._unannounced_since is not None:  # what came behind it was withdrawn
            self._ring()
        if not thorough:
            self._look(thorough=True)

    def _look(self, *, thorough: bool) -> None:
        """See what the last task has left behind; its result is out already, and waits for none."""
        complaint = self._health.complaint(thorough=thorough)
        if complaint:
            self._retire(complaint)

    def _is_overdue(self) -> bool:
        """Return whether a result has waited for the bell for too long; one more waits from now."""
        now = time.monotonic()
        if self._unannounced_since is None:
            self._unannounced_since = now
        return (now - self._unannounced_since) * 1000 >= BELL_MS

    def _run(self, number: int, digest: str, payload: bytes | memoryview) -> Report:
        began = time.perf_counter()
        self._loading_ms = 0.0
        result, trouble = b"", None
        try:
            result = self._result(digest, payload)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the task's failure
            trouble = self._safe_trouble(error)
        if len(result) > self._result_bytes:
            message = f"the result has {len(result)} bytes; the limit is {self._result_bytes}"
            result, trouble = b"", Trouble(Cause.TOO_LARGE, "TooLarge", message)
        run_ms = (time.perf_counter() - began) * 1000
        if run_ms >= THOROUGH_MS or not self._rss_kb:
            self._rss_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _RSS_UNIT
        return Report(
            number=number,
            run_ms=run_ms,
            typical_ms=run_ms - self._loading_ms,
            rss_kb=self._rss_kb,
            result=result,
            trouble=trouble,
            output=self._capture.take(),
        )

    def _result(self, digest: str, payload: bytes | memoryview) -> bytes:
        """Return the pickled result; raise whatever the user's code raises."""
        try:
            loaded = self._functions.get(digest) or self._load(digest)
            args, kwargs = self._pickles.arguments(payload, loaded)
        except ModuleNotFoundError as error:
            raise troubles.missing_module(error, sys.path) from None
        value: object = loaded.call(*args, **kwargs)
        if isinstance(value, CoroutineType):
            value = asyncio.run(cast("Coroutine[Any, Any, object]", value))
        try:
            return self._pickles.dump(value)
        except MemoryError:
            raise
        except BaseException as error:
            raise _Unpicklable(type(value), error) from error

    def _load(self, digest: str) -> Loaded:
        began = time.perf_counter()
        code, entry = self._bodies[digest]
        loaded = self._functions[digest] = self._pickles.function(code, entry, digest)
        del self._bodies[digest]
        self._loading_ms = (time.perf_counter() - began) * 1000
        return loaded

    def _safe_trouble(self, error: BaseException) -> Trouble:
        try:
            return self._trouble(error)
        except BaseException as second:  # noqa: BLE001 - even the classes are of the user's making
            message = f"it raised, and describing that raised {troubles.type_name(type(second))}"
            return Trouble(Cause.EXCEPTION, troubles.type_name(type(error)), message)

    def _trouble(self, error: BaseException) -> Trouble:
        """Return the failure that ``error`` stands for."""
        kind = type(error)  # isinstance() would ask the object, which may lie or raise
        if kind is _Unpicklable:
            error = cast("_Unpicklable", error)
            name, why = troubles.type_name(error.kind), error.reason
            message = f"the result, of type {name}, cannot be pickled: {troubles.message_of(why)}"
            text = troubles.traceback_of(why, __file__)
            return Trouble(Cause.UNSERIALIZABLE, troubles.type_name(type(why)), message, text)
        text = troubles.traceback_of(error, __file__)
        if issubclass(kind, SystemExit):
            return troubles.exit_trouble(cast("SystemExit", error), text)
        cause = Cause.MEMORY if issubclass(kind, MemoryError) else Cause.EXCEPTION
        message = troubles.message_of(error)
        if cause is Cause.MEMORY:
            message = message or "the task asked for more memory than its process may have"
        exception = self._pickles.dump_exception(error, text)
        if len(exception) > self._result_bytes:
            exception = b""
        return Trouble(cause, troubles.type_name(kind), message, text, exception)

    def _retire(self, why: str) -> None:
        """Run nothing more: tell the supervisor, and wait to be replaced."""
        self._write(encode(Report(0, retire=why)))
        self._ring()
        while self._channel.recv(_RECEIVE_BYTES):
            pass
        os._exit(0)

    def _ring(self) -> None:
        self._unannounced_since = None
        self._channel.send(DONE)

    def _say(self, report: Report) -> None:
        """Write a report; a long result as it is."""
        if len(report.result) < APART_BYTES:
            self._write(encode(report))
        else:
            for piece in split(msgspec.structs.replace(report, result=b""), report.result):
                self._write(piece)

    def _write(self, piece: bytes | bytearray | memoryview) -> None:
        """Write to the results pipe, waking the supervisor if it is full."""
        rest = memoryview(piece)
        asked = False
        while rest:
            try:
                rest = rest[os.write(self._results, rest) :]
            except BlockingIOError:
                if not asked:
                    self._channel.send(MORE)
                    asked = True
                poll = select.poll()
                poll.register(self._results, select.POLLOUT)
                poll.poll()


class _Unpicklable(Exception):
    """A result cannot be pickled."""

    def __init__(self, kind: type, reason: BaseException) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__()
