"""Scheduling decisions with simulated workers: how many a second, and how that grows."""

import time
from collections import deque
from collections.abc import Iterator

from benchmarks.plan import Sizes
from benchmarks.results import Sample
from gofer.domain.identifiers import WorkerId
from gofer.domain.scheduling import Placement, Roster

TAG = "cpython-3.11"
TAGS = (TAG, "cpython-any")
SLOTS = 4
WINDOW = 8


def decisions(sizes: Sizes) -> Iterator[Sample]:
    """Time placements, each with the update of a worker whose task has ended."""
    for number in range(1, sizes.rounds + 1):
        for workers in sizes.workers:
            elapsed = _place(workers, sizes.decisions)
            figures = {"workers": workers, "decisions_per_s": sizes.decisions / elapsed}
            yield Sample(f"scheduling {workers}", "gofer-core", number, figures)


def _place(workers: int, count: int) -> float:
    """Return the seconds that ``count`` decisions take, half of the capacity being in use."""
    roster = Roster()
    names = [WorkerId(f"w{n}") for n in range(workers)]
    in_hand = dict.fromkeys(names, 0)
    for name in names:
        roster.put(name, TAGS, (SLOTS, WINDOW, 0))
    running: deque[WorkerId] = deque()
    busy = workers * SLOTS // 2
    began = time.perf_counter()
    for _ in range(count):
        placed = roster.place(TAG)
        assert isinstance(placed, Placement), "there is always room"
        worker = placed.worker
        in_hand[worker] += 1
        running.append(worker)
        if len(running) > busy:
            ended = running.popleft()
            in_hand[ended] -= 1
            roster.update(ended, WINDOW, in_hand[ended])
    return time.perf_counter() - began
