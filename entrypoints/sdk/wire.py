"""What goes over the wire, as a client sees it: msgpack, one struct a body.

Only what the client reads or sends is named; what a newer service adds is passed over.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

LENT_BYTES = 1024 * 1024
"""A page from this length on is not copied: its payloads are parts of what arrived."""

LONG_BYTES = 64 * 1024
"""A payload from this length on is worth a piece of its own, in or out."""


Payload = bytes | list[bytes]
"""A payload in one piece, or in several, of which one is long."""


class NewTask(Struct, gc=False, omit_defaults=True):
    """One task of a batch; ``function`` where it is not the batch's."""

    payload: bytes
    function: str | None = None


class Options(Struct, omit_defaults=True, kw_only=True):
    """What may be said of tasks; None: as the function or the service has it."""

    priority: int | None = None
    delay_s: float | None = None
    timeout_s: float | None = None
    retries: int | None = None
    redeliveries: int | None = None
    tags: list[str] | None = None
    backoff: dict[str, float] | None = None
    run_at: str | None = None
    expires_at: str | None = None
    expires_in_s: float | None = None
    result_ttl_s: float | None = None
    on_incompatible: str | None = None


class SubmitBatch(Options, omit_defaults=True):
    """Many tasks, and what holds for all of them."""

    tasks: list[NewTask]
    function: str | None = None


class SubmitTask(Options, omit_defaults=True):
    """One task."""

    function: str
    payload: bytes


class Problem(Struct, gc=False):
    """Why something was refused."""

    type: str = ""
    status: int = 0
    detail: str = ""

    @property
    def kind(self) -> str:
        """Return which problem it is: "not-found"."""
        return self.type.rpartition(":")[2] or "unknown"


class Accepted(Struct, gc=False):
    """What became of one task: its ``id``, or the ``error``."""

    id: str = ""
    error: Problem | None = None


class BatchSubmitted(Struct):
    """A batch was recorded."""

    id: str
    tasks: list[Accepted]


class BatchCancelled(Struct):
    """What became of a batch's tasks when it was cancelled, by their numbers."""

    prevented: int
    stopping: int
    too_late: int


class Error(Struct, gc=False):
    """Why a task failed; ``exception`` is its pickle, empty if there is none."""

    type: str = ""
    message: str = ""
    traceback: str = ""
    cause: str = ""
    retryable: bool = False
    attempt: int = 0
    worker: str = ""
    exception: bytes = b""


class Item(Struct, gc=False):
    """What came of a task; ``position`` is its place in its batch, 0 if it is of none."""

    id: str
    status: str
    position: int = 0
    payload: bytes | None = None
    error: Error | None = None


class Page(Struct):
    """Results in the order in which the tasks ended."""

    items: list[Item]
    next_cursor: str
    done: bool


class _LentItem(Item, gc=False):
    """What came of a task, with a payload that is part of the page."""

    payload: memoryview | None = None  # type: ignore[assignment]


class _LentPage(Page):
    """A page of such."""

    items: list[_LentItem]  # type: ignore[assignment]


_page = msgspec.msgpack.Decoder(Page).decode
_lent_page = msgspec.msgpack.Decoder(_LentPage).decode


def page_of(body: bytes) -> Page:
    """Return a page. Long payloads of a large one are memoryviews, which hold all of the page."""
    if len(body) < LENT_BYTES:
        return _page(body)
    page = _lent_page(body)
    for item in page.items:
        if item.payload is not None and len(item.payload) < LONG_BYTES:
            item.payload = bytes(item.payload)  # type: ignore[assignment]
    return page


_encode = msgspec.msgpack.Encoder().encode
_NO_TASKS = b"\xa5tasks\x90"
_ARRAY, _TASK, _BINARY = b"\xdd", b"\x81\xa7payload", b"\xc6"
"""In msgpack: the field of a batch that has none; how tasks begin, each of them, its payload."""


def submission(
    payloads: Sequence[Payload], function: str, said: Mapping[str, Any]
) -> bytes | list[bytes]:
    """Return the body of a request that submits a batch; in pieces, if payloads are long.

    To copy a long one takes three times as long as to send it: memory for it has to be got first.
    """
    whole = [payload for payload in payloads if isinstance(payload, bytes)]
    if len(whole) == len(payloads) and not any(len(payload) >= LONG_BYTES for payload in whole):
        return _encode(SubmitBatch(list(map(NewTask, whole)), function, **said))
    before, _, behind = _encode(SubmitBatch([], function, **said)).partition(_NO_TASKS)
    pieces: list[bytes] = []
    joined = bytearray(before + _NO_TASKS[:-1] + _ARRAY + len(payloads).to_bytes(4))
    for payload in payloads:
        parts = [payload] if isinstance(payload, bytes) else payload
        joined += _TASK + _BINARY + sum(map(len, parts)).to_bytes(4)
        for part in parts:
            if len(part) < LONG_BYTES:
                joined += part
            else:
                pieces += (bytes(joined), part)
                joined = bytearray()
    return [*pieces, bytes(joined + behind)]


class FunctionRegistered(Struct):
    """A function was registered: ``id`` under /v1, ``function_id`` by the original contract."""

    id: str = ""
    function_id: str = ""
