"""The work of ``gofer map``: lines become batches, batches become lines, in bounded memory.

One thread reads and submits, at most ``AHEAD`` batches before the one whose results are printed;
this one prints. Lines that come slowly are not kept waiting for a batch to fill: what has come
within ``LINGER_S`` is sent. Values are printed in the order of the lines, each as soon as it and
all before it are there.
"""

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import typer

from .asking import service
from .options import given
from .patience import reasons_said
from .problems import Problem
from .progress import Progress
from .running import PATIENCE_S

if TYPE_CHECKING:
    from ..sdk.batches import Batch, Result
    from ..sdk.client import Client
    from ..sdk.packing import Parcel

SIZE: Final = 1_000
AHEAD: Final = 8
LINGER_S: Final = 0.05
CHUNK_BYTES: Final = 65_536

_END: Final = object()


@contextmanager
def lines_of(source: Path | None) -> Generator[Iterable[bytes]]:
    """Give the lines of a file, or of stdin."""
    if source is None:
        yield _stdin_lines()
    else:
        with source.open("rb") as file:
            yield file


def _stdin_lines() -> Iterator[bytes]:
    """Yield the lines of stdin, past its buffer.

    The thread that reads may still wait for a line when this process ends, and Python dies of a
    fatal error where such a thread holds the lock of the buffer.
    """
    try:
        descriptor = sys.stdin.fileno()
    except OSError:  # somebody has replaced it by what is no file
        yield from sys.stdin.buffer
        return
    rest = b""
    while chunk := os.read(descriptor, CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


@dataclass
class Mapping:
    """One run of ``gofer map``."""

    url: str | None
    parcel: "Parcel"
    options: dict[str, Any]
    spread: bool
    as_json: bool
    _submitted: int = 0
    _done: int = 0
    _failed: int = 0
    _awaited: str | None = None
    _open: "dict[str, Batch]" = field(default_factory=dict["str", "Batch"])
    _batches: "queue.Queue[Batch | Exception | object]" = field(
        default_factory=lambda: queue.Queue[object](AHEAD)
    )
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, lines: Iterable[bytes], progress: Progress) -> tuple[int, int]:
        """Map all lines; return how many failed, and of how many."""
        with service(self.url, PATIENCE_S) as client:
            function_id = client.register_parcel(self.parcel)
            submitting = threading.Thread(
                target=self._submit_all, args=(client, function_id, lines), daemon=True
            )
            submitting.start()
            try:
                with reasons_said(client, lambda: self._awaited):
                    self._print_batches(progress)
            finally:
                self._stop.set()
        return self._failed, self._done

    def cancel(self) -> int:
        """Cancel what has not ended; return how many tasks that were."""
        self._stop.set()
        stopped = 0
        for batch in list(self._open.values()):
            outcome = batch.cancel()
            stopped += outcome.prevented + outcome.stopping
        return stopped

    # ---------------------------------------------------------------- in: a thread of its own

    def _submit_all(self, client: "Client", function_id: str, lines: Iterable[bytes]) -> None:
        options = given(self.options)
        try:
            for chunk in _chunks(lines):
                calls = [self._call(client, number, line) for number, line in chunk]
                if self._stop.is_set():
                    return
                batch = client.submit_payloads(function_id, calls, options)
                self._open[batch.id] = batch
                self._submitted += len(calls)
                self._hand_over(batch)
            self._hand_over(_END)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that prints
            self._hand_over(error)

    def _hand_over(self, item: object) -> None:
        """Give the other thread something, unless it has stopped taking."""
        while not self._stop.is_set():
            try:
                self._batches.put(item, timeout=LINGER_S)
            except queue.Full:
                continue
            return

    def _call(self, client: "Client", number: int, line: bytes) -> bytes:
        try:
            value: Any = json.loads(line)
        except ValueError as error:
            raise Problem(f"line {number} is no JSON: {error}") from None
        if self.spread and isinstance(value, list):
            return client.arguments(*value)  # pyright: ignore[reportUnknownArgumentType]
        if self.spread and isinstance(value, dict):
            return client.arguments(**value)  # pyright: ignore[reportUnknownArgumentType]
        return client.arguments(value)

    # ---------------------------------------------------------------- out

    def _print_batches(self, progress: Progress) -> None:
        while (batch := self._batches.get()) is not _END:
            if isinstance(batch, Exception):
                self.cancel()
                raise batch
            self._print_all(cast("Batch", batch), progress)
            self._awaited = None

    def _print_all(self, batch: "Batch", progress: Progress) -> None:
        """Print a batch's lines in order as they become known."""
        known: dict[int, dict[str, Any]] = {
            position: {
                "status": "REFUSED",
                "error": {"type": problem.kind, "message": problem.detail},
            }
            for position, problem in batch.refused.items()
        }
        first, following = self._done, 1
        results = iter(batch.results())
        while following <= len(batch.task_ids):
            if following not in known:
                self._awaited = batch.task_ids[following - 1]
                result = next(results)
                known[result.position] = _content(result)
                continue
            content = known.pop(following)
            self._print(first + following, batch.task_ids[following - 1], content)
            following += 1
            progress(self._done, self._submitted)
        del self._open[batch.id]

    def _print(self, position: int, task_id: str | None, content: dict[str, Any]) -> None:
        self._done += 1
        failed = "error" in content
        self._failed += failed
        if self.as_json:
            line: Any = {"position": position, "id": task_id, **content}
        else:
            line = {"error": {**content["error"], "task": task_id}} if failed else content["value"]
        typer.echo(json.dumps(line, ensure_ascii=False, default=repr))


def _content(result: "Result") -> dict[str, Any]:
    """Return a result's status, and its value or its error."""
    if result.status == "COMPLETED":
        try:
            return {"status": result.status, "value": result.value()}
        except Exception as trouble:  # noqa: BLE001 - opening a pickle runs code, of any kind
            why = f"the value needs something that is not here: {trouble}"
            kind = type(trouble).__name__
            return {"status": result.status, "error": {"type": kind, "message": why}}
    error = result.error
    said = {
        "type": error.type if error else result.status.capitalize(),
        "message": error.message if error else "",
        "cause": error.cause if error else result.status.lower(),
    }
    return {"status": result.status, "error": said}


_Line = tuple[int, bytes]


def _chunks(lines: Iterable[bytes]) -> Iterator[Sequence[_Line]]:
    """Yield lines with their numbers, up to SIZE at once, and what came within LINGER_S.

    Raises Problem where the lines cannot be read to their end.
    """
    waiting: queue.Queue[object] = queue.Queue(2 * SIZE)
    threading.Thread(target=_read, args=(lines, waiting), daemon=True).start()
    while True:
        chunk, end = _gathered(waiting)
        if chunk:
            yield chunk
        if isinstance(end, Problem):
            raise end
        if end is _END:
            return


def _read(lines: Iterable[bytes], waiting: "queue.Queue[object]") -> None:
    """Put lines with their numbers into a queue, and then _END, or the Problem that ended it."""
    try:
        for number, line in enumerate(lines, 1):
            if line.strip():
                waiting.put((number, line))
    except OSError as error:
        waiting.put(Problem(f"the lines cannot be read: {error}"))
    else:
        waiting.put(_END)


def _gathered(waiting: "queue.Queue[object]") -> tuple[list[_Line], object]:
    """Wait for a line; return it with those that follow at once, and the end if it has come."""
    chunk: list[_Line] = []
    left_s: float | None = None
    deadline = 0.0
    while len(chunk) < SIZE:
        try:
            each = waiting.get(timeout=left_s)
        except queue.Empty:
            break
        if not isinstance(each, tuple):
            return chunk, each
        chunk.append(cast("_Line", each))
        deadline = deadline or time.monotonic() + LINGER_S
        left_s = max(0.0, deadline - time.monotonic())
    return chunk, None
