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
        abreast = 1
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
                break
            got: Counter[str] = Counter()
            are_full = True
            for each, answer in zip(asked, answers, strict=True):
                if answer is None:
                    are_full = False
                    continue
                found, next_due_ms, more, others = codec.claimed(token, unframe(answer))
                for problem in found.unreadable:
                    # the others are none the worse; it fails once its lease has ended too often
                    log.error("claimed, and left until its lease ends: %s", problem)
                tasks.extend(await self._with_payloads(found))
                got.update(tag for _, tag in found.tasks)
                left = left.difference(each) | more
                elsewhere = others.difference(wanted)
                abreast = 1 if found.longs else ABREAST
                are_full = are_full and len(found.tasks) + len(found.unreadable) == BATCH
            if not are_full:  # no more are due, or enough bytes, or one was refused
                break
            remaining = _remaining(remaining, got, left)
        return Claim(tuple(tasks), next_due_ms, tuple(sorted(left)), tuple(sorted(elsewhere)))

    async def _with_payloads(self, found: codec.Found) -> list[Leased]:
        """Return the leased tasks, those with long payloads with these.

        One whose payload is gone was cancelled meanwhile. If they cannot be had, the tasks come
        back when their leases end, as those of any claim whose answer is lost.
        """
        tasks: list[Leased | None] = [leased for leased, _ in found.tasks]
        if not found.longs:
            return [leased for leased, _ in found.tasks]
        wanted = [self._keys.payload(found.tasks[at][0].attempt.task_id) for at in found.longs]
        payloads: Sequence[bytes | None]
        try:
            payloads = await self._driver.bodies(wanted)
        except StoreUnavailable as error:
            log.warning("%s tasks were claimed, but not their payloads: %s", len(wanted), error)
            payloads = [None] * len(wanted)
        for at, payload in zip(found.longs, payloads, strict=True):
            leased = found.tasks[at][0]
            tasks[at] = None if payload is None else leased._replace(payload=payload)
        return [task for task in tasks if task is not None]


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
