"""``gofer completion SHELL``: the script that completes gofer's commands and options there."""

# ruff: noqa: PLC0415 - see the package

from enum import StrEnum
from typing import Annotated, Final

import typer

from .options import AsJson
from .showing import print_json

COMPLETE_VARIABLE: Final = "_GOFER_COMPLETE"
"""Set by the script when a shell asks what may follow the words so far."""


class Shell(StrEnum):
    """Shells that can complete."""

    BASH = "bash"
    FISH = "fish"
    ZSH = "zsh"


def completion(
    shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")], as_json: AsJson = False
) -> None:
    r"""Print a completion script.

    bash: source <(gofer completion bash). zsh: the same with zsh, after compinit. fish:
    gofer completion fish > ~/.config/fish/completions/gofer.fish
    """
    from typer._completion_shared import get_completion_script

    script = get_completion_script(
        prog_name="gofer", complete_var=COMPLETE_VARIABLE, shell=shell.value
    )
    print_json({"shell": shell.value, "script": script}) if as_json else typer.echo(script)
