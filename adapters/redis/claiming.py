"""Claims: as many calls of claim.lua as it takes, none of more than a batch.

Apart from ``store.py`` because it is the one verb that may not be repeated and goes on after a
part of it has succeeded: what earlier calls leased must not be lost when a later one fails.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ...domain.errors import StoreUnavailable
from ...domain.function import family_of
from ...domain.policy import BATCH
from ...domain.ports import Claim, Leased
from . import codec
from .batches import CALL_BYTES
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
        """Lease due tasks of the wanted environments; fewer if their payloads are large."""
        names, bounds = (word(owner), word(token)), (lease_ms, CALL_BYTES, self._retention_ms)
        wants = {tag: most for tag, most in wants.items() if most > 0}
        remaining = dict(wants)
        tasks: list[Leased] = []
        left: set[str] = set()
        elsewhere: set[str] = set()
        next_due_ms: int | None = None
        while remaining:
            asked = [
                item for tag, most in remaining.items() for item in (tag.encode(), b"%d" % most)
            ]
            try:
                answer = await self._driver.run("claim", *names, *bounds, frame(asked))
            except StoreUnavailable:
                if not tasks:
                    raise
                left.update(remaining)
                break
            found, next_due_ms, more, others = codec.claimed(token, unframe(answer))
            for problem in found.unreadable:
                # the others are none the worse; it fails once its lease has ended too often
                log.error("claimed, and left until its lease ends: %s", problem)
            tasks.extend(await self._with_payloads(found))
            left = left.difference(remaining) | more
            elsewhere = others.difference(wants)
            if len(found.tasks) + len(found.unreadable) < BATCH:  # no more are due, or enough bytes
                break
            remaining = _remaining(remaining, Counter(tag for _, tag in found.tasks), more)
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
