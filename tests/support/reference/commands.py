"""docs/cli.md: every command with its arguments and options, from the command line's own tree."""

import inspect
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from gofer.entrypoints.cli import app

HEAD = """# The command line

Made from the code by `make reference`. Every command takes `--help` and `--json`. Those that ask
a service find it at `--url`, else `GOFER_URL`, else `http://127.0.0.1:8000`, and send the token in
`GOFER_TOKEN` if there is one.

Tables go to stdout: fitted to a terminal, with colours (none with `NO_COLOR`), or as plain
columns, never cut, into a pipe. Problems go to stderr as one sentence that says what to do next.

| exit code | meaning |
| --- | --- |
| 0 | it is done |
| 1 | a problem: the service is away or says no, a task did not complete |
| 2 | wrong usage: an option, an argument, a setting, a URL |
| 130 | Ctrl-C; `gofer run` and `gofer map` have cancelled their tasks |

Completion: `source <(gofer completion bash)`, the same with zsh; for fish, write what
`gofer completion fish` prints to `~/.config/fish/completions/gofer.fish`.
"""


def commands_page() -> str:
    """Return the page."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return "\n".join([HEAD, *_of_group(root, "gofer")]).rstrip() + "\n"


def _of_group(group: TyperGroup, name: str) -> Iterator[str]:
    leaves = {n: c for n, c in group.commands.items() if not isinstance(c, TyperGroup)}
    for word, command in leaves.items():
        yield from _of_command(command, f"{name} {word}")
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _of_group(command, f"{name} {word}")


def _of_command(command: Any, name: str) -> Iterator[str]:
    yield f"## {name}\n"
    yield inspect.cleandoc(command.help or "").replace("<", "&lt;") + "\n"
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join([name, "[OPTIONS]", *map(_argument, arguments)])
    yield f"```text\n{usage}\n```\n"
    context = typer.Context(command)
    rows = [row for each in command.params if (row := each.get_help_record(context))]
    yield "| argument or option | |\n| --- | --- |"
    for names, told in rows:
        if names.strip() == "--json":
            continue  # the head says it
        yield f"| `{names.strip().replace('|', ', ')}` | {told.replace('|', '&#124;')} |"
    yield ""


def _argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"
