"""Why a task is where it is: a sentence, and the chain of reasons. Pure, and total over all states.

What it is told may be a second old, and of different moments: it explains, and decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .attempts import AttemptEnd, AttemptRecord
from .function import Environment, Form, FunctionHead, form_for
from .policy import Charge, payer
from .ports.queues import PLACES_MOST, Place, Standing
from .ports.workers import WorkerRecord, WorkerState
from .task import Cause, Failure, Outcome, Task, TaskStatus


@dataclass(frozen=True, slots=True)
class Reason:
    """One link of the chain: a stable ``code``, a sentence, and the figures in it."""

    code: str
    text: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a task is where it is; the first reason is the one that counts most."""

    status: TaskStatus
    summary: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known: the task, its outcome and attempts, queues and workers, at ``now_ms``.

    ``function`` is what the task runs, where that is known.
    """

    task: Task
    outcome: Outcome | None
    attempts: Sequence[AttemptRecord]
    standing: Standing
    place: Place | None
    workers: Sequence[WorkerRecord]
    now_ms: int
    function: FunctionHead | None = None


def explain(facts: Facts) -> Explanation:
    """Return the reasons, at least one, and a summary of the first."""
    match facts.task.status:
        case TaskStatus.QUEUED:
            chain = [*_queued(facts), *_earlier(facts)]
        case TaskStatus.RUNNING:
            chain = [*_running(facts), *_earlier(facts)]
        case TaskStatus.FAILED:
            failed = _failed(facts.outcome, facts.task.worker)
            chain = [failed, *_exhausted(facts), *_form(facts, facts.task.worker)]
        case TaskStatus.COMPLETED:
            chain = [_completed(facts), *_form(facts, facts.task.worker)]
        case TaskStatus.CANCELLED:
            began = facts.task.started_at_ms is not None
            where = "while it ran: its process was stopped" if began else "before it began"
            known = {"began": began, "worker": facts.task.worker or None}
            chain = [Reason("cancelled", f"It was cancelled {where}.", known)]
        case _:  # EXPIRED
            text = "It was not started before its expiry, so it never will be."
            chain = [Reason("expired", text, {"expires_at_ms": facts.task.expires_at_ms})]
    return Explanation(facts.task.status, chain[0].text, tuple(chain))


# ---------------------------------------------------------------- it waits


def _queued(facts: Facts) -> Iterator[Reason]:
    """Yield what keeps a task waiting, what weighs most first."""
    task = facts.task
    if task.due_at_ms is not None and task.due_at_ms > facts.now_ms:
        wait_s = (task.due_at_ms - facts.now_ms) / 1000
        again = "for its next try" if task.attempt else "for its time"
        text = f"It waits {again}: due in {wait_s:.1f} s."
        yield Reason("delayed", text, {"due_at_ms": task.due_at_ms, "wait_s": wait_s})
    if any(each.paused and each.priority == task.priority for each in facts.standing.queues):
        text = f"The queue of priority {task.priority} is paused; resume it to go on."
        yield Reason("paused", text, {"priority": task.priority})
    yield from _nobody(facts)
    ahead = None if facts.place is None else facts.place.ahead
    if ahead:
        least = "at least " if ahead >= PLACES_MOST else ""
        text = f"It is behind {least}{_count(ahead, 'task')} of its priority or a higher one."
        yield Reason("behind", text, {"ahead": ahead})
    elif ahead == 0:
        yield Reason("next", "It is the next one of its queue.", {"ahead": 0})
    if task.expires_at_ms:
        left_s = (task.expires_at_ms - facts.now_ms) / 1000
        text = f"It expires in {max(0.0, left_s):.1f} s if it has not begun by then."
        yield Reason("expires", text, {"expires_at_ms": task.expires_at_ms})
    if ahead is None and task.due_at_ms is None and not task.expires_at_ms:
        yield Reason("queued", "It waits to be given to a worker.")
    if task.reason:
        yield Reason("handed-back", f"It was handed back: {task.reason}.")


def _nobody(facts: Facts) -> Iterator[Reason]:
    """Yield why no worker takes the task now, if none does."""
    there = [each for each in facts.workers if each.state is not WorkerState.LOST]
    if not there:
        text = "No worker is connected; start one with: gofer worker"
        yield Reason("no-worker", text, {"lost": len(facts.workers)})
        return
    tag = facts.place.tag if facts.place is not None else ""
    fit = [each for each in there if not tag or _serves(each.environment, tag)]
    if not fit:
        others = sorted({each.environment.tag for each in there})
        text = f"No connected worker runs {tag}; there are workers of {', '.join(others)}."
        yield Reason("no-worker-of-environment", text, {"needs": tag, "there_are": others})
        return
    ready = [each for each in fit if each.takes_tasks]
    if not ready:
        text = f"All that could run it are being drained: {_count(len(fit), 'worker')}."
        yield Reason("workers-draining", text, {"workers": len(fit)})
        return
    if all(each.in_hand >= each.slots for each in ready):
        busy, slots = sum(e.in_hand for e in ready), sum(e.slots for e in ready)
        those = f"{_count(len(ready), 'worker')} with {_count(slots, 'slot')}"
        text = f"All that could run it are busy: {those}."
        figures = {"workers": len(ready), "slots": slots, "in_hand": busy}
        yield Reason("workers-full", text, figures)


def _serves(environment: Environment, tag: str) -> bool:
    return tag in {environment.tag, environment.family}


# ---------------------------------------------------------------- it runs


def _running(facts: Facts) -> Iterator[Reason]:
    """Yield where a task runs, since when, and what is strange about it."""
    task = facts.task
    its = (e for e in facts.workers if e.id == task.worker or task.id in e.running)
    worker = next(its, None)
    named = task.worker or (None if worker is None else worker.id)
    where = f" on worker {named}" if named else ""
    if task.started_at_ms is None:
        text = f"It has been given to a worker{where and f', {named}'}; it has not lasted long yet."
        yield Reason("leased", text, {"worker": named})
    else:
        run_s = max(0, facts.now_ms - task.started_at_ms) / 1000
        figures = {"worker": named, "run_s": run_s, "attempt": task.attempt}
        text = f"It has been running for {run_s:.1f} s{where}, attempt {task.attempt}."
        yield Reason("running", text, figures)
    if worker is not None and worker.state is WorkerState.LOST:
        text = f"Worker {worker.id} is silent; the task goes to another when its lease has ended."
        yield Reason("worker-lost", text, {"worker": worker.id})
    yield from _form(facts, named or "")
    if task.budget.timeout_ms is not None:
        limit_s = task.budget.timeout_ms / 1000
        text = f"It is stopped when it has run for {limit_s:g} s."
        yield Reason("timeout-set", text, {"timeout_s": limit_s})


def _form(facts: Facts, name: str) -> Iterator[Reason]:
    """Yield that a function goes to its worker as source, where its bytecode could not run.

    Nothing where the worker is not known any more.
    """
    worker = next((each for each in facts.workers if each.id == name), None)
    if worker is None or facts.function is None:
        return
    made, runs = facts.function.environment.tag, worker.environment.tag
    if made != runs and form_for(facts.function, worker.environment) is Form.SOURCE:
        text = f"Its function was made by {made} and is sent as source to a worker of {runs}."
        yield Reason("sent-as-source", text, {"made_for": made, "runs_on": runs})


def _earlier(facts: Facts) -> Iterator[Reason]:
    """Yield how the last attempt that ended went, if there was one."""
    ended = [each for each in facts.attempts if each.end is not AttemptEnd.RUNNING]
    if not ended:
        return
    last = ended[-1]
    how = f"attempt {last.number} ended as {last.end}"
    if last.failure is not None:
        how += f" ({_told(last.failure)})"
    text = f"It was tried before: {how}."
    yield Reason("tried-before", text, {"attempts": len(ended), "outcome": str(last.end)})


# ---------------------------------------------------------------- it has ended

_WORDS = {
    Cause.EXCEPTION: ("raised", "The function raised"),
    Cause.TIMEOUT: ("timeout", "It ran into its timeout"),
    Cause.WORKER_LOST: ("worker-lost", "Its worker was lost"),
    Cause.UNSERIALIZABLE: ("unserializable", "Its result cannot be pickled"),
    Cause.TOO_LARGE: ("too-large", "Its result is over the limit"),
    Cause.INCOMPATIBLE: ("incompatible", "The worker cannot run it"),
    Cause.CANCELLED: ("cancelled", "It was cancelled"),
    Cause.EXPIRED: ("expired", "It was not started in time"),
}


def _failed(outcome: Outcome | None, worker: str) -> Reason:
    """Return how a task failed, with the evidence."""
    if not isinstance(outcome, Failure):
        return Reason("failed", "It failed; how is not known any more.")
    died = _WORDS[Cause.EXCEPTION] if outcome.raised else ("died", "Its process died")
    code, words = _WORDS.get(outcome.cause, died)
    evidence: dict[str, object] = {
        "cause": str(outcome.cause),
        "worker": outcome.worker or worker,
        "attempt": outcome.attempt,
        "peak_rss_kb": outcome.peak_rss_kb or None,
        "run_s": outcome.run_ms / 1000,
    }
    if outcome.exit_code is not None:
        evidence["exit_code"] = outcome.exit_code
    if outcome.signal is not None:
        evidence["signal"] = outcome.signal
    return Reason(code, f"{words}: {_told(outcome)}.", evidence)


def _exhausted(facts: Facts) -> Iterator[Reason]:
    """Yield that no budget is left, where that is why there is no further try."""
    budget, spent = facts.task.budget, facts.task.spent
    if not isinstance(facts.outcome, Failure):
        return
    match payer(facts.outcome):
        case Charge.LOSS:
            text = f"It may survive {_count(budget.worker_losses, 'loss', 'losses')} of workers."
        case Charge.RETRY:
            text = f"It may be tried {_count(budget.retries, 'more time')} after it raised."
        case Charge.STRIKE:
            times = _count(budget.redeliveries, "more time")
            text = f"It may be tried {times} after its process died."
        case _:
            return
    figures = {"retries": budget.retries, "redeliveries": budget.redeliveries}
    used = {"attempts": facts.task.attempt, "spent": sum((spent.retries, spent.strikes))}
    yield Reason("out-of-attempts", f"No attempt is left. {text}", {**figures, **used})


def _completed(facts: Facts) -> Reason:
    task = facts.task
    where = f" on worker {task.worker}" if task.worker else ""
    run_s = 0.0 if facts.outcome is None else facts.outcome.run_ms / 1000
    text = f"It completed{where} after {run_s:.3f} s, attempt {task.attempt}."
    return Reason("completed", text, {"worker": task.worker, "run_s": run_s})


def _told(failure: Failure) -> str:
    """Return a failure as one line."""
    first = (failure.message.strip().splitlines() or [""])[0].rstrip(".")[:200]
    return ": ".join(part for part in (failure.type, first) if part) or str(failure.cause)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
