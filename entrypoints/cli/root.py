"""``gofer`` itself: what there is, what to do next, and where problems end."""

import sys
from typing import NoReturn

import typer

from . import system
from .problems import Group

NEXT_STEPS = """gofer runs any Python function on any of your machines, through one REST API.

  gofer demo     see it work: all three modes, real functions, nothing left behind
  gofer up       the whole system on this machine, until Ctrl-C
  gofer --help   everything else
"""

app = typer.Typer(
    name="gofer",
    cls=Group,
    help="Run any Python function on any of your machines, through one REST API.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
system.add_to(app)


@app.callback(invoke_without_command=True)
def _what_next(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(NEXT_STEPS)


def main() -> None:
    """Run the command that this process's arguments name."""
    app()


def run_part(*command: str) -> NoReturn:
    """Run ``gofer COMMAND...`` with this process's arguments: the original command lines."""
    app([*command, *sys.argv[1:]], prog_name="gofer")
    raise SystemExit(0)
