"""``gofer run``: one call of a function of yours, there, as if it were here."""

# ruff: noqa: PLC0415 - see the package

import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand

from .asking import path, service
from .options import AsJson, Url
from .problems import INTERRUPTED, Problem
from .showing import print_json

if TYPE_CHECKING:
    from ..sdk.client import Client

NUMBER: Final = re.compile(r"-(\d|\.\d)")
LOG_GRACE_S: Final = 2.0
"""How long the last of a log may take after the task has ended."""

PATIENCE_S: Final = 30.0
"""How long a service may be away (while it is restarted) before a call that waits gives up."""


class Command(TyperCommand):
    """A command whose arguments may be negative numbers: ``gofer run jobs.py:abs -5``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, with a space before negative numbers, which every parser of numbers passes."""
        return super().parse_args(ctx, [f" {arg}" if NUMBER.match(arg) else arg for arg in args])


Target = Annotated[
    str, typer.Argument(metavar="FILE:FUNC", help="Or MODULE:FUNC, if the workers have the module.")
]
Keywords = Annotated[
    list[str] | None,
    typer.Option("--kw", "-k", metavar="NAME=VALUE", help="An argument by its name; repeat it."),
]
TaskTimeout = Annotated[
    float | None, typer.Option("--timeout", "-t", min=0.001, help="Of the task, in seconds.")
]
Retries = Annotated[int | None, typer.Option(min=0, help="Further tries after it raised.")]
Redeliveries = Annotated[
    int | None, typer.Option(min=0, help="Further tries after its process died.")
]
Priority = Annotated[int | None, typer.Option(min=0, help="Lower ones run first.")]
Delay = Annotated[float | None, typer.Option(min=0, help="Start no sooner than in this time, s.")]


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    target: Target,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS...", help="JSON where it parses as JSON, else text."),
    ] = None,
    keyword: Keywords = None,
    timeout: TaskTimeout = None,
    retries: Retries = None,
    redeliveries: Redeliveries = None,
    priority: Priority = None,
    delay: Delay = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Print the task's id and do not wait.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Run a function of a file on a worker and print its value.

    What it writes is streamed to stderr. If it fails, its traceback is shown and gofer exits with
    1; Ctrl-C cancels it.
    """
    from .targets import arguments_of, load_target

    function = load_target(target)
    args, kwargs = arguments_of(words or (), keyword or ())
    options: dict[str, Any] = {
        "timeout_s": timeout,
        "retries": retries,
        "redeliveries": redeliveries,
        "priority": priority,
        "delay_s": delay,
    }
    with service(url) as client:
        task_id = _submitted(client, function, args, kwargs, options)
    if detach:
        print_json({"id": task_id}) if as_json else typer.echo(task_id)
        return
    with service(url, PATIENCE_S) as client:
        _follow_to_the_end(client, task_id, as_json=as_json)


def registered(client: "Client", function: Callable[..., Any]) -> str:
    """Register a function and return its id; raise Problem if it cannot be pickled."""
    from ..sdk import outcomes
    from .pickling import unpicklable

    try:
        pickled = outcomes.dump(function)
    except Exception as error:  # noqa: BLE001 - what stands in a script may raise anything when it is pickled
        raise unpicklable(function, error) from None
    return client.register(pickled, getattr(function, "__name__", type(function).__name__))


def _submitted(
    client: "Client",
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: dict[str, Any],
) -> str:
    given: Any = {name: value for name, value in options.items() if value is not None}
    call = client.arguments(*args, **kwargs)  # from JSON: always picklable
    batch = client.submit_batch(registered(client, function), [call], **given)
    (task_id,) = batch.task_ids
    if task_id is None:
        raise Problem(f"the task was refused: {batch.refused[1].detail}")
    return task_id


def _follow_to_the_end(client: "Client", task_id: str, *, as_json: bool) -> None:
    """Stream a task's output to stderr until it ends, then print its value."""
    from .outcome import ended, print_outcome

    output = threading.Thread(target=_stream, args=(client, task_id), daemon=True)
    output.start()
    try:
        answer = ended(client, task_id)
        output.join(LOG_GRACE_S)
    except KeyboardInterrupt:
        outcome = client.request("POST", path("tasks", task_id, "cancel"))["outcome"]
        typer.echo(f"\ngofer: task {task_id} is cancelled ({outcome})", err=True)
        raise typer.Exit(INTERRUPTED) from None
    print_outcome(answer, as_json=as_json)


def _stream(client: "Client", task_id: str) -> None:
    from ..sdk.errors import ClientError
    from .following import follow_log

    with suppress(ClientError):  # whether the value, which was asked for, can be had is said there
        follow_log(client, task_id, sys.stderr)
