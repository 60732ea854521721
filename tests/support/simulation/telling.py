"""A story in words: one line an event, short names for long ids, and each task's fate."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from gofer.domain.identifiers import Attempt
from gofer.domain.ports import Began, Ended
from gofer.domain.protocol.effects import (
    CallAdopt,
    CallRecord,
    CallRelease,
    CallRenew,
    CallStart,
)
from gofer.domain.protocol.messages import Bye, Hello, Orders, Refused, Report, Unknown, Welcome
from gofer.domain.task import Failure, NewTask, Outcome
from tests.support.simulation.plan import Plan
from tests.support.simulation.referee import File, Referee

AttemptCall = CallStart | CallRenew | CallAdopt | CallRelease


def named(attempt: Attempt) -> str:
    """Return the task's number in the plan and the attempt's: ``t4#1``."""
    return f"t{int(attempt.task_id[-12:], 16)}#{attempt.number}"


def in_words(detail: object) -> str:
    """Return what a line of the story is about, shortly."""
    match detail:
        case Hello() | Report() | Bye() | Welcome() | Orders() | Unknown() | Refused():
            return _message(detail)
        case CallRecord() | CallStart() | CallRenew() | CallAdopt() | CallRelease():
            return _call(detail)
        case Began() | Ended():
            return _event(detail)
        case NewTask():
            return f"t{int(detail.id[-12:], 16)}, {detail.budget}"
        case list() | tuple():
            items = cast("Sequence[object]", detail)
            is_one = hasattr(items, "_fields")  # a named tuple
            return str(items) if is_one else ", ".join(in_words(each) for each in items)
        case _:
            return str(detail)


def _event(event: Began | Ended) -> str:
    if isinstance(event, Began):
        return f"{named(event.attempt)} begin"
    return f"{named(event.attempt)} end: {ending(event.outcome)}"


def _call(call: CallRecord | AttemptCall) -> str:
    if not isinstance(call, CallRecord):
        return f"{type(call).__name__} {_all(call.attempts)}"
    defeats = (
        f"{named(defeat.attempt)} {ending(defeat.failure)}"
        + (f" (again, {defeat.requeue.charge})" if defeat.requeue else "")
        for defeat in call.defeats
    )
    returned = (f"{named(each.attempt)} returned" for each in call.completions)
    return f"CallRecord {', '.join([*returned, *defeats])}"


def ending(outcome: Outcome | None) -> str:
    """Return how a run ended, in a word."""
    return str(outcome.cause) if isinstance(outcome, Failure) else "returned"


def _all(attempts: Iterable[Attempt]) -> str:
    return ", ".join(named(attempt) for attempt in attempts) or "nothing"


def _message(
    message: Hello | Report | Bye | Welcome | Orders | Unknown | Refused,
) -> str:
    head = f"{type(message).__name__} {message.session}"
    match message:
        case Hello():
            return f"{head}: window {message.window}, holds {_all(message.held)}"
        case Report():
            parts = {
                "started": message.started,
                "finished": [finished.attempt for finished in message.finished],
                "returned": message.returned,
            }
            return f"{head} no. {message.seq}: window {message.window}{_parts(parts)}"
        case Welcome():
            return f"{head}: leases {message.lease_ms} ms{_parts({'drop': message.drop})}"
        case Orders():
            parts = {
                "run": [assignment.attempt for assignment in message.assign],
                "recorded": message.recorded,
                "cancel": message.cancel,
            }
            return f"{head} no. {message.serial}: leases {message.lease_ms} ms{_parts(parts)}"
        case _:
            return head


def _parts(parts: Mapping[str, Sequence[Attempt]]) -> str:
    return "".join(f", {name} {_all(attempts)}" for name, attempts in parts.items() if attempts)


def scene(plan: Plan) -> str:
    """Return what a seed has decided: the nodes, the faults, what single messages suffer."""
    lines = [
        f"seed {plan.seed}: {len(plan.tasks)} tasks, faults until {plan.calm_ms / 1000:g} s"
        + (" (none at all)" if plan.quiet else ""),
        f"  {plan.timers}",
        f"  half a call of the store takes {plan.store_ms:g} ms on the average",
        f"  messages: {plan.link}",
        f"  messages refused {plan.undeliverable:g}, late copies {plan.late_copies:g}",
        f"  a node dies or stops after {plan.sudden:g} of its steps",
    ]
    lines += [f"  {name} from {at:g} ms" for name, at in plan.dispatchers.items()]
    lines += [
        f"  {worker.name} of {worker.dispatcher} from {worker.start_ms:g} ms:"
        f" {worker.slots} slots, {worker.environment.tag}"
        for worker in plan.workers
    ]
    lines += [
        f"  {fault.at_ms:.0f} to {fault.at_ms + fault.lasts_ms:.0f} ms: {fault.fault}"
        f" {fault.node} {fault.other}"
        for fault in sorted(plan.faults, key=lambda fault: fault.at_ms)
    ]
    return "\n".join(lines)


def fate(file: File, referee: Referee) -> str:
    """Return what became of a task, and of each of its runs."""
    number = int(file.plan.new.id[-12:], 16)
    if file.ended is not None:
        task, outcome = file.ended
        end = f"{task.status} ({ending(outcome)}), spent {task.spent}"
    else:
        end = "vanished with the store's last writes" if file.vanished else "has not ended"
    runs = [
        f"{named(run)} on {referee.runner(run)} ("
        + (ending(referee.produced[run]) if run in referee.produced else "stopped")
        + ")"
        for run in file.runs
    ]
    return f"  t{number}: {end}; runs: {', '.join(runs) or 'none'}"
