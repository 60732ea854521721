"""What is known of workers on Redis: one key a dispatcher, and one for each wish to drain.

A muster is msgpack, arrays in the order of the fields, so that fields may be added at the end.
What cannot be read (another version wrote it) is left out with a word in the log: it is a view.
"""

import logging
from collections.abc import Sequence
from typing import cast

import msgspec

from ...domain.function import Environment
from ...domain.identifiers import TaskId, WorkerId
from ...domain.ports import Muster, Sighting, WorkerRecord, WorkerState
from ...domain.ports.workers import DRAIN_MS, FORGOTTEN_AFTER_MS, records_of, with_wishes
from . import record
from .driver import Driver
from .framing import frame, unframe
from .keys import Keys

log = logging.getLogger(__name__)


class _Environment(msgspec.Struct, array_like=True, gc=False):
    implementation: str
    python: tuple[int, int]
    dill: str = ""
    modules: list[str] = []


class _Sighting(msgspec.Struct, array_like=True):
    id: str
    incarnation: str
    host: str
    pid: int
    environment: _Environment
    slots: int
    in_hand: int
    running: list[str]
    state: WorkerState
    connected_ago_ms: int
    seen_ago_ms: int


class _Muster(msgspec.Struct, array_like=True):
    mode: str
    sightings: list[_Sighting]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Muster).decode


class RedisWorkers:
    """The WorkerStore port over a driver."""

    def __init__(self, driver: Driver, keys: Keys) -> None:
        self._driver = driver
        self._keys = keys

    async def muster(
        self, dispatcher: str, mode: str, sightings: Sequence[Sighting]
    ) -> frozenset[WorkerId]:
        """Write down all workers of a dispatcher; return those to be drained."""
        noted = _encode(_Muster(mode, [_row(each) for each in sightings]))
        names = [word.encode() for s in sightings for word in (s.id, s.incarnation)]
        words = (record.word(dispatcher), FORGOTTEN_AFTER_MS, DRAIN_MS)
        wished = await self._driver.run("muster", *words, frame([noted, *names]))
        return frozenset(WorkerId(each.decode()) for each in unframe(cast("bytes", wished)))

    async def workers(self) -> list[WorkerRecord]:
        """Return all workers, by id."""
        now, *told = unframe(await self._driver.run("workers"))
        pairs = zip(told[::2], told[1::2], strict=True)
        musters = [_muster(record.unword(owner.decode()), noted) for owner, noted in pairs]
        found = records_of([each for each in musters if each is not None], int(now))
        asked = await self._driver.bodies([self._keys.drain(each.id) for each in found])
        wishes = {each.id: (wish or b"").decode() for each, wish in zip(found, asked, strict=True)}
        return with_wishes(found, wishes)

    async def wish_drain(self, worker: WorkerRecord, *, drain: bool = True) -> None:
        """Have a worker drained, or no more, and ring for its dispatcher."""
        owner, wish = record.word(worker.dispatcher), worker.incarnation if drain else ""
        await self._driver.run("drain", worker.id, wish, DRAIN_MS, owner)


def _row(sighting: Sighting) -> _Sighting:
    environment = sighting.environment
    return _Sighting(
        id=sighting.id,
        incarnation=sighting.incarnation,
        host=sighting.host,
        pid=sighting.pid,
        environment=_Environment(
            environment.implementation,
            environment.python,
            environment.dill,
            list(environment.modules),
        ),
        slots=sighting.slots,
        in_hand=sighting.in_hand,
        running=list(sighting.running),
        state=sighting.state,
        connected_ago_ms=sighting.connected_ago_ms,
        seen_ago_ms=sighting.seen_ago_ms,
    )


def _sighting(row: _Sighting) -> Sighting:
    environment = row.environment
    return Sighting(
        id=WorkerId(row.id),
        incarnation=row.incarnation,
        host=row.host,
        pid=row.pid,
        environment=Environment(
            environment.implementation,
            environment.python,
            environment.dill,
            tuple(environment.modules),
        ),
        slots=row.slots,
        in_hand=row.in_hand,
        running=tuple(map(TaskId, row.running)),
        state=row.state,
        connected_ago_ms=row.connected_ago_ms,
        seen_ago_ms=row.seen_ago_ms,
    )


def _muster(dispatcher: str, noted: bytes) -> Muster | None:
    at_ms, _, blob = noted.partition(b" ")
    try:
        read = _decode(blob)
        sightings = tuple(map(_sighting, read.sightings))
        return Muster(dispatcher, read.mode, int(at_ms), sightings)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        log.warning("what dispatcher %s wrote of its workers is unreadable: %s", dispatcher, error)
        return None
