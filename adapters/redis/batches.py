"""How much goes into one script call: so many items, and so many bytes, and no more.

A script blocks the server for everybody, so no call is long; and an answer or a request that is
too large could not be carried within the time limit of a call.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ...domain.policy import BATCH

CALL_BYTES = 16 * 1024 * 1024
"""Payload bytes after which a call takes no further item; one item may be larger."""

ABREAST = 4
"""Script calls that are sent in one breath, because a round trip costs both sides about as much as
ten tasks do. So many of them hold the server for about 3 ms."""

Item = TypeVar("Item")


def batches(
    items: Sequence[Item],
    size: Callable[[Item], int] | None = None,
    call_bytes: int = CALL_BYTES,
) -> Iterator[Sequence[Item]]:
    """Cut ``items`` into calls, in order; ``size`` gives the payload bytes of an item."""
    if size is None or sum(map(size, items)) < call_bytes:
        for first in range(0, len(items), BATCH):
            yield items[first : first + BATCH]
        return
    first, held = 0, 0
    for position, item in enumerate(items):
        if position > first and (position - first == BATCH or held >= call_bytes):
            yield items[first:position]
            first, held = position, 0
        held += size(item)
    if first < len(items):
        yield items[first:]
