"""``gofer run``: one call of a function of yours, there, as if it were here."""

# ruff: noqa: PLC0415 - see the package

import re
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperCommand

from .asking import path, service
from .options import AsJson, Url, given
from .problems import INTERRUPTED, Problem
from .showing import print_json

if TYPE_CHECKING:
    from ..sdk.client import Client
    from ..sdk.packing import Parcel

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
Priority = Annotated[int | None, typer.Option(min=0, help="0 runs first, 2 last.")]
Delay = Annotated[float | None, typer.Option(min=0, help="Start no sooner than in this time, s.")]

Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="To find the task by; may be repeated.")
]


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
    tag: Tags = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Print the task's id and do not wait.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Run a function of a file on a worker and print its value.

    What it writes is streamed to stderr, and why it does not start yet. If it fails, its traceback
    is shown and gofer exits with 1; Ctrl-C cancels it.
    """
    from .parcels import parcel_of
    from .targets import arguments_of

    parcel = parcel_of(target)
    args, kwargs = arguments_of(words or (), keyword or ())
    options: dict[str, Any] = {
        "timeout_s": timeout,
        "retries": retries,
        "redeliveries": redeliveries,
        "priority": priority,
        "delay_s": delay,
        "tags": tag,
    }
    with service(url) as client:
        with interrupts_held() as interrupted:
            task_id = _submitted(client, parcel, args, kwargs, options)
        if interrupted:
            _cancel(client, task_id)
    if detach:
        print_json({"id": task_id}) if as_json else typer.echo(task_id)
        return
    with service(url, PATIENCE_S) as client:
        try:
            _follow_to_the_end(client, task_id, as_json=as_json)
        except KeyboardInterrupt:
            _cancel(client, task_id)


@contextmanager
def interrupts_held() -> Generator[list[int]]:
    """Hold a first Ctrl-C back inside the block, and note it in the list; a second one counts.

    What is half submitted could not be cancelled, because nobody would know its id.
    """
    noted: list[int] = []
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's job in the background
        yield noted
        return

    def note(number: int, _frame: object) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _submitted(
    client: "Client",
    parcel: "Parcel",
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: dict[str, Any],
) -> str:
    call = client.arguments(*args, **kwargs)  # from JSON: always picklable
    batch = client.submit_payloads(client.register_parcel(parcel), [call], given(options))
    (task_id,) = batch.task_ids
    if task_id is None:
        raise Problem(f"the task was refused: {batch.refused[1].detail}")
    return task_id


def _follow_to_the_end(client: "Client", task_id: str, *, as_json: bool) -> None:
    """Stream a task's output to stderr until it ends, then print its value."""
    from .outcome import ended, print_outcome

    output = threading.Thread(target=_stream, args=(client, task_id), daemon=True)
    output.start()
    answer = ended(client, task_id)
    output.join(LOG_GRACE_S)
    print_outcome(answer, as_json=as_json)


def _cancel(client: "Client", task_id: str) -> NoReturn:
    """Cancel a task that nobody waits for any more, and exit."""
    outcome = client.request("POST", path("tasks", task_id, "cancel"))["outcome"]
    typer.echo(f"\ngofer: task {task_id} is cancelled ({outcome})", err=True)
    raise typer.Exit(INTERRUPTED)


def _stream(client: "Client", task_id: str) -> None:
    from ..sdk.errors import ClientError
    from .following import follow_log

    with suppress(ClientError):  # whether the value, which was asked for, can be had is said there
        follow_log(client, task_id, sys.stderr)
