"""The names of things: tasks, functions, workers, attempts.

Ids are UUIDv7 in their 36-character form, made from a time and random bits that the caller
brings: this module reads no clock and no entropy. They sort by creation time, and a task id
carries the shard of the store that holds it.

The id of a batch ends in four zeros, and those of its tasks have their position in it there: one
names the other, so that nobody has to keep, send or look up which task belongs to which batch.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, NewType

from .errors import InvalidIdentifier

TaskId = NewType("TaskId", str)
BatchId = NewType("BatchId", str)
FunctionId = NewType("FunctionId", str)
WorkerId = NewType("WorkerId", str)

RANDOM_BITS = 65
"""Random bits in an id: UUIDv7's 74, less the 8 for the shard and the one that marks batches."""

BATCH_BITS = RANDOM_BITS - 16
"""Random bits in the id of a batch: those of an id, less the position of a task in it."""

MAX_POSITION = 0xFFFF
"""The last position of a task in a batch; they count from 1."""

MAX_SHARD = 255

_MARK = 19
"""Where the digit stands that tells the tasks of batches, a and b, from others, 8 and 9."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_WORKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")


class Attempt(NamedTuple):
    """One try at a task: the fence that every write about it must show.

    ``number`` counts from 1. ``token`` is random and new for every claim: after a failover that
    lost the last write a bare number could be given out twice.

    A named tuple, as all values that are made for each task on its way: it is made in 0.24 us and
    hashed in 0.06, a frozen dataclass with slots in 0.47 and 0.15 (docs/performance.md).
    """

    task_id: TaskId
    number: int
    token: str

    def __str__(self) -> str:
        """Give the form that logs use: ``TASK#NUMBER``."""
        return f"{self.task_id}#{self.number}"


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation of one worker process: a random ``incarnation`` and a rising ``epoch``.

    A restarted process has another incarnation; a process that shakes hands anew keeps its
    incarnation and raises the epoch, so that a late message of an older epoch is recognised.
    """

    incarnation: str
    epoch: int

    def __str__(self) -> str:
        """Give the form that logs use: ``INCARNATION/EPOCH``."""
        return f"{self.incarnation}/{self.epoch}"


def uuid7(unix_ms: int, random_bits: int, shard: int = 0) -> str:
    """Return a UUIDv7 as 36 lower-case characters.

    ``unix_ms`` is the creation time in milliseconds since 1970, ``random_bits`` an integer below
    2**65, ``shard`` 0 to 255. Raises ValueError for anything outside these ranges.
    """
    return _uuid7(unix_ms, random_bits, shard, 0)


class Rising:
    """Times and random bits of ids that are made one after the other: each is later in order.

    Within a millisecond too, so that what one client submits task by task is listed in that order.
    """

    def __init__(self, width: int) -> None:
        """Take how many random bits an id of this kind has."""
        self._width = width
        self._unix_ms = 0
        self._bits = 0

    def next(self, unix_ms: int, random_bits: int) -> tuple[int, int]:
        """Return time and bits for the next id: as they are, or later than the last one's.

        Where it is of the same millisecond, or the clock has gone back by one, all but 12 of the
        bits are left to chance.
        """
        if 0 <= self._unix_ms - unix_ms <= 1:
            unix_ms, random_bits = self._unix_ms, self._bits + 1 + (random_bits >> 12)
            if random_bits >> self._width:  # this millisecond has none that is later
                unix_ms, random_bits = unix_ms + 1, random_bits - (1 << self._width)
        self._unix_ms, self._bits = unix_ms, random_bits
        return unix_ms, random_bits


def new_batch_id(unix_ms: int, random_bits: int, shard: int = 0) -> BatchId:
    """Return the id of a batch; as ``uuid7``, but ``random_bits`` must be below 2**49."""
    if not 0 <= random_bits < 1 << BATCH_BITS:
        raise ValueError(f"random_bits must fit {BATCH_BITS}")
    return BatchId(_uuid7(unix_ms, random_bits << 16, shard, 1))


def member_ids(batch: BatchId, positions: Iterable[int]) -> list[TaskId]:
    """Return the ids of tasks of a batch; positions are 1 to MAX_POSITION, and not checked."""
    pattern = batch[:-4] + "%04x"
    ids: list[Any] = [pattern % position for position in positions]  # TaskId() is a call for each
    return ids


def batch_of(task_id: TaskId) -> BatchId | None:
    """Return the batch that a task belongs to by its id; None for a task of its own."""
    return BatchId(task_id[:-4] + "0000") if task_id[_MARK] in "ab" else None


def position_of(task_id: TaskId) -> int:
    """Return the position in its batch that the id of a task names."""
    return int(task_id[-4:], 16)


def _uuid7(unix_ms: int, random_bits: int, shard: int, mark: int) -> str:
    if not (0 <= unix_ms < 1 << 48 and 0 <= random_bits < 1 << RANDOM_BITS):
        raise ValueError(f"unix_ms must fit 48 bits and random_bits {RANDOM_BITS}")
    if not 0 <= shard <= MAX_SHARD:
        raise ValueError(f"shard must be 0 to {MAX_SHARD}")
    high, low = random_bits >> 61, random_bits & ((1 << 61) - 1)
    number = unix_ms << 80 | 7 << 76 | high << 72 | shard << 64 | 2 << 62 | mark << 61 | low
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shard_of(identifier: str) -> int:
    """Return the shard that an id names, 0 to 255."""
    return int(identifier[16:18], 16)


def parse_task_id(text: str) -> TaskId:
    """Return ``text`` as a task id in lower case; raise InvalidIdentifier if it is none."""
    return TaskId(_parse_uuid("task id", text))


def parse_batch_id(text: str) -> BatchId:
    """Return ``text`` as a batch id in lower case; raise InvalidIdentifier if it is none."""
    identifier = _parse_uuid("batch id", text)
    if batch_of(TaskId(identifier)) != identifier:
        raise InvalidIdentifier("batch id", text, "the id that POST /v1/batches answered with")
    return BatchId(identifier)


def parse_function_id(text: str) -> FunctionId:
    """Return ``text`` as a function id in lower case; raise InvalidIdentifier if it is none."""
    return FunctionId(_parse_uuid("function id", text))


def parse_worker_id(text: str) -> WorkerId:
    """Return ``text`` as a worker id; raise InvalidIdentifier if it is none."""
    if not _WORKER.match(text):
        raise InvalidIdentifier(
            "worker id", text, "1 to 64 letters, digits, dots, dashes, underscores or @"
        )
    return WorkerId(text)


def _parse_uuid(kind: str, text: str) -> str:
    lowered = text.lower()
    if not _UUID.match(lowered):
        raise InvalidIdentifier(kind, text, "a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")
    return lowered
