"""Options that several commands have, said once."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

URL_VARIABLE = "GOFER_URL"


class Mode(StrEnum):
    """How tasks reach workers."""

    LOCAL = "local"
    PULL = "pull"
    PUSH = "push"


class Remote(StrEnum):
    """The kinds of worker that run as processes of their own."""

    PULL = "pull"
    PUSH = "push"


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were said; what was not is left to the function and the service."""
    return {name: value for name, value in options.items() if value is not None}


# ---------------------------------------------------------------- of every command

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", help=f"Of the web service; {URL_VARIABLE}, or this machine."
    ),
]

# ---------------------------------------------------------------- of the parts of a system

Store = Annotated[
    str | None,
    typer.Option(help="Where tasks are kept: redis://HOST:PORT/DB, rediss://, unix:///SOCKET."),
]
Workers = Annotated[
    int | None, typer.Option("--workers", "-w", min=1, help="How many tasks run at once.")
]
Folders = Annotated[
    list[Path] | None,
    typer.Option("--path", help="A folder where functions find their modules; may be repeated."),
]
Wait = Annotated[
    bool, typer.Option(help="Wait for a store that is away, or give up and exit with 1.")
]
Level = Annotated[str | None, typer.Option(help="debug, info, warning or error.")]
Port = Annotated[int | None, typer.Option("--port", "-p", min=0, max=65535)]
