"""``gofer`` itself: what there is, what to do next, and where problems end."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from ... import __version__
from . import batches, functions, queues, system, tasks, workers
from .completion import COMPLETE_VARIABLE, completion
from .doctor import doctor
from .mapping import map_lines
from .options import AsJson
from .problems import Group
from .running import Command, run
from .showing import print_json
from .top import top

NEXT_STEPS = """gofer runs any Python function on any of your machines, through one REST API.

  gofer demo                    see it work: all three modes, real functions, nothing left behind
  gofer up                      the whole system on this machine, until Ctrl-C
  gofer run jobs.py:resize 640  call a function of a file; gofer map calls it for every line
  gofer top                     what waits, runs and works now
  gofer doctor                  what is wrong with this installation, and what to do
  gofer --help                  everything else

GOFER_URL says where the web service is; without it, http://127.0.0.1:8000.
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
app.command(cls=Command)(run)
app.command("map")(map_lines)
app.add_typer(functions.app, name="fn")
app.add_typer(tasks.app, name="task")
app.add_typer(batches.app, name="batch")
app.add_typer(queues.app, name="queue")
app.add_typer(workers.app, name="workers")
app.command()(top)
app.command()(doctor)
app.command()(completion)


@app.callback(invoke_without_command=True)
def _what_next(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print gofer's version.")] = False,
    as_json: AsJson = False,
) -> None:
    if version:
        print_json({"version": __version__}) if as_json else typer.echo(f"gofer {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        commands = sorted(typer.main.get_group(app).commands)
        print_json({"commands": commands}) if as_json else typer.echo(NEXT_STEPS)


def main() -> None:
    """Run the command that this process's arguments name."""
    if COMPLETE_VARIABLE in os.environ:  # a shell asks what may follow
        from typer._completion_classes import completion_init  # noqa: PLC0415 - only then

        completion_init()
    app(prog_name="gofer")


def run_part(*command: str) -> NoReturn:
    """Run ``gofer COMMAND...`` with this process's arguments: the original command lines."""
    app([*command, *sys.argv[1:]], prog_name="gofer")
    raise SystemExit(0)
