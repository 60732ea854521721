"""What goes wrong, as one sentence on stderr that says what to do next, and as an exit code.

1 is a problem (the service is away, a task failed), 2 is wrong usage (an option, a setting, a
URL), 130 is an interruption by Ctrl-C. What is none of our own errors is a bug and keeps its
traceback.
"""

# ruff: noqa: PLC0415 - what a command did not load cannot have raised anything, or is small

from collections.abc import Iterator
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

PROBLEM: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130


class Problem(Exception):
    """Something that the user can mend; the message is the whole sentence."""

    def __init__(self, sentence: str, code: int = PROBLEM) -> None:
        """Take the ``sentence`` for stderr and the exit ``code``."""
        super().__init__(sentence)
        self.code = code


class Group(TyperGroup):
    """The root of all commands: turns their problems into a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit with 1 or 2 where it has a problem."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException):
            raise  # typer's own, which it turns into words and codes itself
        except Exception as error:
            problems = list(_leaves(error))
            codes = [_code_of(each) for each in problems]
            if None in codes:
                raise
            for each in problems:
                typer.echo(f"gofer: {each}", err=True)
                for note in getattr(each, "__notes__", ()):
                    typer.echo(note, err=True)
            raise typer.Exit(max(code or PROBLEM for code in codes)) from None


def _leaves(error: Exception) -> Iterator[Exception]:
    """Yield the problems themselves: each task group on their way has wrapped them once more."""
    if isinstance(error, ExceptionGroup):
        for each in cast("ExceptionGroup[Exception]", error).exceptions:
            yield from _leaves(each)
    else:
        yield error


def _code_of(error: Exception) -> int | None:
    """Return the exit code of one of our own errors; None for everything else."""
    if isinstance(error, Problem):
        return error.code
    from ...domain.errors import GoferError
    from ..bench.failures import BenchFailed
    from ..kin import PartFailed
    from ..sdk.errors import ClientError
    from ..settings import SettingsProblem

    if isinstance(error, SettingsProblem):
        return USAGE
    return (
        PROBLEM if isinstance(error, BenchFailed | ClientError | GoferError | PartFailed) else None
    )
