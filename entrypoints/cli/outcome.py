"""What came of a task, for a person and for the exit code.

A value that is plain data comes as JSON. Every other is a pickle, which is opened here: whoever
asks for a result trusts the workers that made it (SECURITY.md).
"""

# ruff: noqa: PLC0415 - see the package

import base64
import sys
from typing import TYPE_CHECKING, Any, Final

import typer

from .asking import ENDED, WAIT_S, path
from .patience import PATIENT_S, Reasons
from .problems import Problem
from .showing import part, print_json, spoken

if TYPE_CHECKING:
    from ..sdk.client import Client

SENTENCE_CHARS: Final = 160
"""A longer message of a failure is not said again below the traceback that ends with it."""


def ended(client: "Client", task_id: str, timeout_s: float | None = None) -> Any:
    """Return the result of a task once it has ended; raise Problem after ``timeout_s``."""
    return _waited(client, ("tasks", task_id, "result"), timeout_s)


def task_ended(client: "Client", task_id: str, timeout_s: float | None = None) -> Any:
    """Return a task once it has ended; raise Problem after ``timeout_s``."""
    return _waited(client, ("tasks", task_id), timeout_s)


def _waited(client: "Client", parts: tuple[str, ...], timeout_s: float | None) -> Any:
    from time import monotonic

    task_id = parts[1]
    deadline = None if timeout_s is None else monotonic() + timeout_s
    reasons = Reasons(client)
    longest_s = PATIENT_S
    while True:
        left_s = longest_s if deadline is None else min(longest_s, max(0.0, deadline - monotonic()))
        answer = client.request("GET", path(*parts), query={"wait": round(left_s, 3)})
        if answer["status"] in ENDED:
            return answer
        if deadline is not None and monotonic() >= deadline:
            raise Problem(
                f"task {task_id} is {answer['status']} and has not ended in {timeout_s:g} s;"
                f" gofer task explain {task_id} says why"
            )
        longest_s = WAIT_S if answer["status"] == "RUNNING" else PATIENT_S
        if answer["status"] == "QUEUED":
            reasons.say(task_id)


def print_outcome(answer: Any, *, as_json: bool) -> None:
    """Print the value of a task that completed; raise Problem for one that did not."""
    if as_json:
        print_json(answer)
        if answer["status"] != "COMPLETED":
            raise typer.Exit(1)
        return
    if answer["status"] != "COMPLETED":
        raise failure_of(answer)
    typer.echo(spoken(value_of(answer)))


def value_of(answer: Any) -> Any:
    """Return the value in a result, opened if it is a pickle."""
    if "value" in answer:
        return answer["value"]
    from ..sdk import outcomes

    try:
        return outcomes.load(pickle_of(answer))
    except Exception as error:  # noqa: BLE001 - opening a pickle runs code, which may raise anything
        raise Problem(
            f"the result of task {answer['id']} needs something that is not here"
            f" ({type(error).__name__}: {error}); save its pickle with: gofer task result"
            f" {answer['id']} --output FILE"
        ) from None


def pickle_of(answer: Any) -> bytes:
    """Return the pickle in a result; raise Problem where there is none."""
    if answer.get("payload") is None:
        raise Problem(f"task {answer['id']} is {answer['status']}: there is no value of it")
    return base64.b64decode(answer["payload"])


def failure_of(answer: Any) -> Problem:
    """Return what to say of a task that did not complete; its traceback goes to stderr now."""
    task_id, error = answer["id"], part(answer, "error")
    trace = error.get("traceback")
    if trace:
        sys.stdout.flush()
        typer.echo(trace.rstrip(), err=True)
    if answer["status"] != "FAILED":
        return Problem(
            f"task {task_id} is {answer['status']}; gofer task explain {task_id} says why,"
            f" gofer task retry {task_id} queues it again"
        )
    message = error.get("message") or ""
    if len(message) > SENTENCE_CHARS and message in (trace or ""):
        message = ""  # it was shown just now
    said = ": ".join(filter(None, (error.get("type"), message)))
    facts = [error.get("cause") or ""]
    if error.get("attempt"):
        facts.append(f"attempt {error['attempt']}")
    if error.get("worker"):
        facts.append(f"worker {error['worker']}")
    where = ", ".join(filter(None, facts))
    sentence = f"task {task_id} failed" + (f": {said}" if said else "")
    return Problem(
        sentence + (f" ({where})" if where else "") + f"; gofer task explain {task_id} says more"
    )
