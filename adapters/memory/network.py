"""A network in simulated time that loses, doubles, delays and reorders: for seeded simulations.

Part of the public testing kit. It knows no event loop and reads no clock: the harness hands in
the time (milliseconds, rising), asks when something is due, and delivers it itself. The same
seed and the same calls give the same run.

    network = FaultyNetwork(Random(seed), Faults(drop=0.1, delay_ms=(1, 50)))
    network.send("worker-1", "dispatcher", message, now)
    for parcel in network.deliver_due(now): ...
"""

import heapq
from dataclasses import dataclass
from random import Random
from typing import Generic, NamedTuple, TypeVar

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Faults:
    """What the network does to a message: chances from 0 to 1, and the least and most delay.

    Each message draws its own delay, so that a wide range reorders.
    """

    drop: float = 0.0
    duplicate: float = 0.0
    delay_ms: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse what is no chance or no range."""
        if not (0 <= self.drop <= 1 and 0 <= self.duplicate <= 1):
            raise ValueError("drop and duplicate are chances, 0 to 1")
        if not 0 <= self.delay_ms[0] <= self.delay_ms[1]:
            raise ValueError("delay_ms is (least, most), both at least 0")


class Parcel(NamedTuple, Generic[M]):
    """A message under way. ``number`` orders parcels of one moment as they were sent."""

    due_ms: float
    number: int
    src: str
    dst: str
    message: M


class FaultyNetwork(Generic[M]):
    """Carries messages between named nodes, as badly as ``faults`` says (may be replaced).

    ``dropped``, ``doubled`` and ``cut_off`` count what became of messages.
    """

    def __init__(self, random: Random, faults: Faults | None = None) -> None:
        """Draw every chance from ``random``; without ``faults`` all arrives, at once, in order."""
        self._random = random
        self.faults = faults or Faults()
        self._under_way: list[Parcel[M]] = []
        self._cut: set[tuple[str, str]] = set()
        self._paused: dict[str, list[Parcel[M]]] = {}
        self._sent = 0
        self.dropped = self.doubled = self.cut_off = 0

    def send(self, src: str, dst: str, message: M, now: float) -> None:
        """Put a message on its way; what a cut or a drop takes is gone for good."""
        if (src, dst) in self._cut:
            self.cut_off += 1
            return
        if self._random.random() < self.faults.drop:
            self.dropped += 1
            return
        self._put(src, dst, message, now)
        if self._random.random() < self.faults.duplicate:
            self.doubled += 1
            self._put(src, dst, message, now)

    def deliver_due(self, now: float) -> list[Parcel[M]]:
        """Return what has arrived by ``now``, in order; parcels for paused nodes are kept back."""
        arrived: list[Parcel[M]] = []
        while self._under_way and self._under_way[0].due_ms <= now:
            parcel = heapq.heappop(self._under_way)
            if (parcel.src, parcel.dst) in self._cut:
                self.cut_off += 1
                continue
            self._paused.get(parcel.dst, arrived).append(parcel)
        return arrived

    def next_due_ms(self) -> float | None:
        """Return when the next parcel arrives, None if none is under way."""
        return self._under_way[0].due_ms if self._under_way else None

    def cut(self, src: str, dst: str) -> None:
        """Let nothing pass from ``src`` to ``dst``, what is under way included: one way only."""
        self._cut.add((src, dst))

    def partition(self, one: str, other: str) -> None:
        """Cut both ways between two nodes."""
        self.cut(one, other)
        self.cut(other, one)

    def mend(self, one: str, other: str) -> None:
        """Let messages pass again between two nodes, both ways."""
        self._cut -= {(one, other), (other, one)}

    def heal(self) -> None:
        """Mend every cut; what was lost stays lost."""
        self._cut.clear()

    def pause(self, node: str) -> None:
        """Keep back what arrives for ``node``, as for a process that is stopped."""
        self._paused.setdefault(node, [])

    def resume(self, node: str, now: float) -> None:
        """Have what was kept back for ``node`` arrive now, in order."""
        for parcel in self._paused.pop(node, []):
            late = Parcel(now, parcel.number, parcel.src, parcel.dst, parcel.message)
            heapq.heappush(self._under_way, late)

    def crash(self, node: str) -> None:
        """Lose all that is under way to ``node`` or kept back for it; it is not paused any more."""
        self._paused.pop(node, None)
        self._under_way = [parcel for parcel in self._under_way if parcel.dst != node]
        heapq.heapify(self._under_way)

    def _put(self, src: str, dst: str, message: M, now: float) -> None:
        self._sent += 1
        due_ms = now + self._random.uniform(*self.faults.delay_ms)
        heapq.heappush(self._under_way, Parcel(due_ms, self._sent, src, dst, message))
