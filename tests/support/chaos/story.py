"""Tells what is known of the tasks that a violation names, so that it explains itself.

What a task wrote down when it ran and where, what the store says of each of its attempts (which
says why it was run again), and what was done to whom at that time.
"""

import re
from collections.abc import Iterator, Sequence

from gofer.domain.attempts import AttemptRecord
from tests.support.chaos.checker import Violation
from tests.support.chaos.history import Fault, History, Run, Submission

AROUND_S = 3.0
"""Faults that were over for longer than this before a task was submitted are not told of it."""


def stories(history: History, violations: Sequence[Violation]) -> str:
    """Return the violations in lines, each task that they name with all that is known of it."""
    lines = [f"{each.rule}: {each.text}" for each in violations]
    named = {word for each in violations for word in re.split(r"[\s():]+", each.text)}
    for submission in history.submissions:
        if submission.name in named or submission.task_id in named:
            lines += ["", *_story(history, submission)]
    return "\n".join(lines)


def in_words(record: AttemptRecord, began_s: float) -> str:
    """Return an attempt in a line; ``began_s``: when the run began, by the store's clock."""
    times = (record.queued_at_ms, record.started_at_ms, record.finished_at_ms)
    queued, started, finished = (_since(at, began_s) for at in times)
    why = f": {record.failure.message}" if record.failure is not None else ""
    return (
        f"attempt {record.number} of worker {record.worker or '?'}, {record.end}, queued {queued},"
        f" start told {started}, over {finished}{why}"
    )


def _since(at_ms: int | None, began_s: float) -> str:
    return "never" if at_ms is None else f"{at_ms / 1000 - began_s:.3f}"


def _story(history: History, submission: Submission) -> Iterator[str]:
    runs = history.runs_by_name().get(submission.name, [])
    yield f"{submission.name}, {submission.kind}, sent {_at(submission.sent, history)}:"
    for run in runs:
        yield f"  {_run(run, history)}"
    account = history.accounts.get(submission.task_id or "")
    for words in () if account is None else account.tries:
        yield f"  the store: {words}"
    last = max([submission.answered, *(run.seen for run in runs)])
    for fault in sorted(history.faults, key=lambda each: each.at):
        if fault.over > submission.sent - AROUND_S and fault.at < last:
            hit = [str(run.pid) for run in runs if fault.hit(run)]
            yield f"  {_fault(fault, history)}" + (f", which had {', '.join(hit)}" if hit else "")


def _run(run: Run, history: History) -> str:
    seen = "ended" if run.ended is not None else "last seen"
    return (
        f"ran in {run.pid} of server {run.parent} from {_at(run.began, history)}, {seen}"
        f" {_at(run.seen, history)}"
    )


def _fault(fault: Fault, history: History) -> str:
    return f"{fault.deed} {fault.part} from {_at(fault.at, history)} to {_at(fault.over, history)}"


def _at(moment: float, history: History) -> str:
    return f"{moment - history.began:.3f}"
