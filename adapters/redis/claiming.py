"""Claims: as many calls of claim.lua as it takes, none of more than a batch.

Apart from ``store.py`` because it is the one verb that may not be repeated and goes on after a
part of it has succeeded: what earlier calls leased must not be lost when a later one fails.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from ...domain.errors import StoreUnavailable
from ...domain.function import family_of
from ...domain.policy import BATCH
from ...domain.ports import Claim, Leased
from . import codec
from .batches import ABREAST, CALL_BYTES
from .driver import Driver
from .framing import frame, unframe
from .keys import Keys
from .record import word

log = logging.getLogger(__name__)


class Claims:
    """The verb ``claim`` on one shard."""

    def __init__(self, driver: Driver, keys: Keys, retention_ms: int) -> None:
        self._driver = driver
        self._keys = keys
        self._retention_ms = retention_ms

    async def claim(self, owner: str, token: str, wants: Mapping[str, int], lease_ms: int) -> Claim:
        """Lease due tasks of the wanted environments; fewer if their payloads are large.

        The first call says whether more is due, and those that follow go some at a time in one
        breath, unless long payloads are to be read between.
        """
        remaining = {tag: most for tag, most in wants.items() if most > 0}
        wanted = frozenset(remaining)
        tasks: list[Leased] = []
        left: set[str] = set()
        elsewhere: set[str] = set()
        next_due_ms: int | None = None
        abreast, in_part = 1, False
        while remaining:
            asked = list(_portions(remaining, abreast))
            bounds = (lease_ms, CALL_BYTES // len(asked), self._retention_ms)
            calls = [(word(owner), word(token), *bounds, _framed(each)) for each in asked]
            try:
                answers = await self._driver.run_once_each("claim", calls)
            except StoreUnavailable:
                if not tasks:
                    raise
                left.update(remaining)
                in_part = True
                break
            got: Counter[str] = Counter()
            are_full = True
            for each, answer in zip(asked, answers, strict=True):
                if answer is None:
                    are_full, in_part = False, True
                    continue
                found, next_due_ms, more, others = codec.claimed(token, unframe(answer))
                for problem in found.unreadable:
                    # the others are none the worse; it fails once its lease has ended too often
                    log.error("claimed, and left until its lease ends: %s", problem)
                payloads = await self._payloads_of(found)
                in_part = in_part or payloads is None
                tasks.extend(_with_payloads(found, payloads))
                got.update(tag for _, tag in found.tasks)
                left = left.difference(each) | more
                elsewhere = others.difference(wanted)
                abreast = 1 if found.longs else ABREAST
                are_full = are_full and len(found.tasks) + len(found.unreadable) == BATCH
            if not are_full:  # no more are due, or enough bytes, or one was refused
                break
            remaining = _remaining(remaining, got, left)
        tags = tuple(sorted(left)), tuple(sorted(elsewhere))
        return Claim(tuple(tasks), next_due_ms, *tags, in_part)

    async def _payloads_of(self, found: codec.Found) -> Sequence[bytes | None] | None:
        """Return the long payloads of what was claimed; None if they cannot be had."""
        wanted = [self._keys.payload(found.tasks[at][0].attempt.task_id) for at in found.longs]
        try:
            return await self._driver.bodies(wanted)
        except StoreUnavailable as error:
            log.warning("%s tasks were claimed, but not their payloads: %s", len(wanted), error)
            return None


def _with_payloads(found: codec.Found, payloads: Sequence[bytes | None] | None) -> Iterator[Leased]:
    """Yield the leased tasks, those with long payloads with these, or not.

    One whose payload is gone was cancelled meanwhile; those that cannot be had are handed back, as
    all that was claimed with a lost answer.
    """
    longs = dict(zip(found.longs, payloads or [None] * len(found.longs), strict=True))
    for at, (leased, _) in enumerate(found.tasks):
        if at not in longs:
            yield leased
        elif (payload := longs[at]) is not None:
            yield leased._replace(payload=payload)


def _portions(wants: Mapping[str, int], most: int) -> Iterator[dict[str, int]]:
    """Cut what is wanted into at most so many calls, none of more than BATCH of an environment."""
    for first in range(0, BATCH * most, BATCH):
        asked = {tag: min(BATCH, room - first) for tag, room in wants.items() if room > first}
        if asked:
            yield asked


def _framed(wants: Mapping[str, int]) -> bytes:
    return frame(item for tag, room in wants.items() for item in (tag.encode(), b"%d" % room))


def _remaining(
    wants: Mapping[str, int], got: Mapping[str, int], due: Collection[str]
) -> dict[str, int]:
    """Return what is wanted after a call: of those of which more are due, as room is left."""
    rooms = dict(wants)
    for tag, count in got.items():
        for each in {tag, family_of(tag)} & rooms.keys():
            rooms[each] -= count
    if not any(tag in due and room > 0 for tag, room in rooms.items()):
        return {}
    return {
        tag: room for tag, room in rooms.items() if room > 0 and rooms.get(family_of(tag), room) > 0
    }
