"""Pages of a batch's results: whole, or with their long results as these come from the store.

A page of long results may have many MiB. In msgpack its length is known from their lengths before
they are there, so that it is an answer like any other; and what has come of it is on its way to
the client while the store sends the rest. No result is copied, and few are held at once.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from starlette.responses import Response

from ....domain.batches import Results
from ....domain.identifiers import BatchId, TaskId, member_ids
from ....domain.ports import Ending
from ....domain.task import Failure
from ..encoding import Encoding
from ..flowing import Flowing, Interrupted
from .bodies import Item, Page
from .formats import BINARY, Format, reply
from .outcomes import told

FORGOTTEN = "FORGOTTEN"
"""The status of a task that has ended so long ago that its outcome is gone."""

LONG_BYTES = 64 * 1024
"""Results of more bytes are worth a piece of their own."""

_NO_ITEMS, _ARRAY = b"\xa5items\x90", b"\xa5items\xdd"
_PAYLOAD = b"\xa7payload\xc6"
"""In msgpack: a page's field that has no items, and how it begins where it has some; the field of
an item's payload."""


def told_bytes(ending: Ending) -> int:
    """Return how much is told of an ending, about, in bytes."""
    outcome = ending.outcome
    if outcome is None:
        return 0
    return len(outcome.exception if isinstance(outcome, Failure) else outcome.result)


def whole_page(
    batch_id: BatchId, results: Results, answer_in: Format, encoding: Encoding
) -> Response:
    """Return a page from which nothing was left out."""
    items = [
        _item(task_id, ending, answer_in, encoding) for task_id, ending in _told(batch_id, results)
    ]
    return reply(Page(items, str(results.behind), results.done), answer_in)


def flowing_page(
    batch_id: BatchId,
    results: Results,
    bodies: AsyncGenerator[bytes | None],
    encoding: Encoding,
) -> Response:
    """Return a page in msgpack, into which the results that were left out are put as they come."""
    told_items = _told(batch_id, results)
    without = Page([], str(results.behind), results.done)
    before, _, behind = BINARY.encode(without).partition(_NO_ITEMS)
    written = bytearray(before + _ARRAY + len(told_items).to_bytes(4))
    pieces: list[bytes] = []
    lengths: list[int] = []
    for task_id, ending in told_items:
        if not ending.left_out:
            written += BINARY.encode(_item(task_id, ending, BINARY, encoding))
            continue
        head = BINARY.encode(Item(task_id, ending.position, ending.status or FORGOTTEN))
        written += bytes((head[0] + 1,))  # the map has one field more
        written += head[1:] + _PAYLOAD + ending.left_out.to_bytes(4)
        pieces.append(bytes(written))
        lengths.append(ending.left_out)
        written = bytearray()
    pieces.append(bytes(written + behind))
    length = sum(map(len, pieces)) + sum(lengths)
    return Flowing(_woven(pieces, lengths, bodies), length, BINARY.media_type)


async def _woven(
    pieces: Sequence[bytes], lengths: Sequence[int], bodies: AsyncGenerator[bytes | None]
) -> AsyncGenerator[bytes]:
    """Yield the pieces of a page, with a result between each two; raise Interrupted."""
    async with aclosing(bodies):
        for piece, length in zip(pieces, lengths, strict=False):
            yield piece
            body = await anext(bodies)
            if body is None or len(body) != length:
                raise Interrupted("a result was forgotten while it was being sent")
            yield body
    yield pieces[-1]


def _told(batch_id: BatchId, results: Results) -> list[tuple[TaskId, Ending]]:
    """Return the endings of tasks that were not tried again, with their ids."""
    endings = [ending for ending in results.endings if ending.position]
    ids = member_ids(batch_id, (ending.position for ending in endings))
    return list(zip(ids, endings, strict=True))


def _item(task_id: TaskId, ending: Ending, answer_in: Format, encoding: Encoding) -> Item:
    return Item(
        task_id,
        ending.position,
        ending.status or FORGOTTEN,
        *told(ending.outcome, answer_in, encoding.to_json),
    )
