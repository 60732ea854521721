"""Judges a history: which promises a chaos run has broken. Pure; ``RULES`` lists what is held.

The rules, and why each is as strict as it is:

- **answers**: a service under faults may be silent, or say 503; anything else about a valid
  request (404 for an acknowledged task, 500, a part that ends by itself) is an oddity.
- **acknowledged**: every task that was acknowledged has ended when the dust has settled, and no id
  was given twice. Without an acknowledgement a task may exist or not; nothing is expected of it.
- **right**: the outcome is what the function returns or raises. The one other outcome that can be
  right is a death, and only if its budget is truly spent: ``redeliveries`` strikes are charged,
  and one more run than that was hit by a kill; or ``worker_losses`` losses are charged, and one
  more fault than that happened while the task was there.
- **immutable**: whoever asked after an outcome was seen, sees the same outcome, byte for byte.
- **run**: a task that completed has run to its end at least once, and none runs more often than
  its budgets allow: 1, one that was lost before its start was told (a first attempt costs nothing
  then), ``redeliveries`` strikes and ``worker_losses`` losses.
- **attempts**: an attempt runs once: never more runs than the store gave attempts. Hence runs of
  one attempt cannot overlap.
- **overlap**: runs of different attempts overlap only if the earlier one's holder was frozen (or
  the store was away from its dispatcher) for longer than the others wait; and the earlier run
  ends soon after its holder woke up. A worker whose dispatcher is away stops its children before
  anybody else may run their tasks. One that wakes up may begin what was already in its children's
  hands, in that very moment and not later.
- **explained**: a task runs again only where a fault took the earlier run: its child, its worker
  or, in local mode, its dispatcher was killed; or its holder, its dispatcher or the store was away
  for so long that it had to be given up; or the later run is one that a worker began as it woke.
- **blame**: a strike is charged only to a task whose own child was killed.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gofer.domain.policy import Timers
from gofer.domain.task import Budget
from tests.support.chaos.history import (
    ENDED,
    Account,
    Deed,
    Fault,
    History,
    Reading,
    Run,
    Submission,
)

BUDGET = Budget()
"""Of every task that comes by an original route."""

MOST_RUNS = 2 + BUDGET.redeliveries + BUDGET.worker_losses

DEATHS = ("the process that ran the function", "the worker that ran the function was lost")
"""How a client is told of a death: ``adapters/exceptions.py``."""

SLACK_S = 0.5
"""Between what happens and what a process on a busy machine notes of it."""

GAP_S = {"redis": 2.5, "dispatcher": 1.0}
"""Two absences with less than this between them are one: nobody has recovered in between.

A dispatcher is back when its workers are; after an outage of the store it may take another
``STORE_BACKOFF_MS`` before it renews.
"""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule, and what broke it."""

    rule: str
    text: str


Rule = Callable[[History, Timers], Iterator[str]]


def check(history: History, timers: Timers) -> list[Violation]:
    """Return every violation, none if all promises were kept."""
    return [Violation(name, text) for name, rule in RULES.items() for text in rule(history, timers)]


# ---------------------------------------------------------------- what clients saw


def _answers(history: History, _timers: Timers) -> Iterator[str]:
    yield from history.oddities


def _acknowledged(history: History, _timers: Timers) -> Iterator[str]:
    readings = history.readings_by_task()
    owners: dict[str, str] = {}
    for submission, task_id in history.acknowledged():
        if task_id in owners:
            yield f"{task_id} was given to {owners[task_id]} and to {submission.name}"
        owners[task_id] = submission.name
        if not any(reading.status in ENDED for reading in readings.get(task_id, [])):
            last = [reading.status for reading in readings.get(task_id, [])][-1:]
            yield f"{submission.name} ({task_id}) has not ended: {last or 'never read'}"


def _right(history: History, _timers: Timers) -> Iterator[str]:
    readings, runs = history.readings_by_task(), history.runs_by_name()
    for submission, task_id in history.acknowledged():
        for words in {r.shown for r in readings.get(task_id, []) if r.shown}:
            account = history.accounts.get(task_id, Account(0))
            own = runs.get(submission.name, [])
            if words != submission.expected and not _spent(
                words, account, own, submission, history
            ):
                yield f"{submission.name} ended as {words}, not as {submission.expected}"


def _spent(
    words: str, account: Account, runs: list[Run], submission: Submission, history: History
) -> bool:
    """Return whether a death is the right outcome: nothing was left to pay for another try."""
    if not words.startswith("FAILED"):
        return False
    if DEATHS[1] in words:
        near = [f for f in history.faults if f.over >= submission.sent]
        return account.losses >= BUDGET.worker_losses and len(near) > BUDGET.worker_losses
    if DEATHS[0] in words:
        kills = [f for f in history.faults if f.deed is Deed.KILL]
        killed = [run for run in runs if any(fault.hit(run) for fault in kills)]
        return account.strikes >= BUDGET.redeliveries and len(killed) > BUDGET.redeliveries
    return False


def _immutable(history: History, _timers: Timers) -> Iterator[str]:
    for task_id, readings in history.readings_by_task().items():
        known: Reading | None = None
        for reading in readings:
            if known is None:
                known = reading if reading.status in ENDED else None
            elif reading.asked >= known.answered and reading.status != known.status:
                yield f"{task_id} was {known.status}, and {reading.status} later"
        outcomes = {reading.shown for reading in readings if reading.shown}
        if len(outcomes) > 1:
            yield f"{task_id} has {len(outcomes)} outcomes: {sorted(outcomes)}"


# ---------------------------------------------------------------- what tasks wrote down


def _run(history: History, _timers: Timers) -> Iterator[str]:
    runs, readings = history.runs_by_name(), history.readings_by_task()
    for name, own in runs.items():
        if len(own) > MOST_RUNS:
            yield f"{name} ran {len(own)} times; its budgets allow {MOST_RUNS}"
    for submission, task_id in history.acknowledged():
        own = runs.get(submission.name, [])
        right = any(r.shown == submission.expected for r in readings.get(task_id, []))
        if right and not any(run.ended is not None for run in own):
            yield f"{submission.name} has its outcome, but no run of it came to its end"


def _attempts(history: History, _timers: Timers) -> Iterator[str]:
    runs = history.runs_by_name()
    for submission, task_id in history.acknowledged():
        own, account = runs.get(submission.name, []), history.accounts.get(task_id)
        if account is not None and len(own) > account.attempts:
            yield f"{submission.name} ran {len(own)} times in {account.attempts} attempts"


def _overlap(history: History, timers: Timers) -> Iterator[str]:
    for name, own in history.runs_by_name().items():
        for number, earlier in enumerate(own):
            for later in own[number + 1 :]:
                if later.began < earlier.seen and not (
                    _was_frozen(earlier, history, timers) or _had_woken(later, history, timers)
                ):
                    yield (
                        f"{name}: a run in {earlier.pid} lived until {earlier.seen:.3f}, and"
                        f" another began in {later.pid} at {later.began:.3f}"
                    )


def _was_frozen(run: Run, history: History, timers: Timers) -> bool:
    """Return whether the run's holder could not know that its time was over, and stopped soon."""
    frozen = [
        (f.at, f.over)
        for f in history.faults
        if (f.deed is Deed.STOP and f.hit(run) and f.lasted > notice_s(timers))
        or (f.deed is Deed.STALL and f.lasted > notice_s(timers))
    ]
    frozen += _absences([f for f in history.faults if f.part == "redis"], fence_s(timers))
    patience = timers.silence_ms / 1000 + SLACK_S
    return any(
        at < run.seen and run.began < over and run.seen < over + patience for at, over in frozen
    )


def _had_woken(run: Run, history: History, timers: Timers) -> bool:
    """Return whether the run's holder had been given up while it stood still, and woke up now."""
    return any(
        f.over <= run.began < f.over + SLACK_S
        for f in history.faults
        if f.deed is Deed.STOP and f.hit(run) and f.lasted > notice_s(timers)
    )


def _explained(history: History, timers: Timers) -> Iterator[str]:
    for name, own in history.runs_by_name().items():
        for earlier, later in itertools.pairwise(own):
            if not _explains(earlier, later, history, timers):
                yield (
                    f"{name} ran at {earlier.began:.3f} in {earlier.pid} and again at"
                    f" {later.began:.3f} in {later.pid}, and no fault says why"
                )


def _explains(earlier: Run, later: Run, history: History, timers: Timers) -> bool:
    """Return whether something took the earlier run, or its unrecorded outcome."""
    if _had_woken(later, history, timers):
        return True
    between = [
        f
        for f in history.faults
        if f.at < later.began + SLACK_S and f.over > earlier.began - SLACK_S
    ]
    for fault in between:
        if fault.deed is Deed.KILL and fault.hit(earlier):
            return True
        if fault.deed is Deed.STOP and fault.hit(earlier) and fault.lasted > notice_s(timers):
            return True
        if fault.deed is Deed.STALL:
            return True
    alone = [fault for fault in history.faults if fault.left_alone(earlier)]
    return any(
        at < later.began and over > earlier.began - SLACK_S
        for at, over in _absences(alone, fence_s(timers))
    )


def _blame(history: History, _timers: Timers) -> Iterator[str]:
    runs = history.runs_by_name()
    kills = [f for f in history.faults if f.deed is Deed.KILL and f.part == "child"]
    busy = {run.pid for run in history.runs}
    unseen = sum(not f.pids & busy for f in kills)
    for submission, task_id in history.acknowledged():
        account = history.accounts.get(task_id)
        if account is None:
            continue
        own = [run for run in runs.get(submission.name, []) if any(f.hit(run) for f in kills)]
        if account.strikes > len(own) + unseen:
            yield f"{submission.name} has {account.strikes} strikes for {len(own)} killed runs"


RULES: dict[str, Rule] = {
    "answers": _answers,
    "acknowledged": _acknowledged,
    "right": _right,
    "immutable": _immutable,
    "run": _run,
    "attempts": _attempts,
    "overlap": _overlap,
    "explained": _explained,
    "blame": _blame,
}


# ---------------------------------------------------------------- how long is too long


def notice_s(timers: Timers) -> float:
    """Return after how long a frozen worker may be given up, in seconds."""
    return (timers.silence_ms - timers.beat_ms) / 1000 - SLACK_S


def fence_s(timers: Timers) -> float:
    """Return after how long without its dispatcher a worker may stop its tasks, in seconds."""
    left_ms = timers.lease_ms - timers.fence_ms - timers.renew_ms - timers.beat_ms
    return left_ms / 1000 - SLACK_S


def _absences(faults: Sequence[Fault], longer_than: float) -> list[tuple[float, float]]:
    """Return when one of the hit parts was away, if for long; close ones are taken together."""
    merged: list[tuple[float, float]] = []
    gap = 0.0
    for fault in sorted(faults, key=lambda each: each.at):
        if merged and fault.at < merged[-1][1] + gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], fault.over))
        else:
            merged.append((fault.at, fault.over))
        gap = GAP_S[fault.part]
    return [(at, over) for at, over in merged if over - at > longer_than]
