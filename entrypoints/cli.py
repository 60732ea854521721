"""``gofer ...``: parse, call, answer. Everything that can be done is done elsewhere.

Problems go to stderr as one sentence that says what to do, with exit code 1; wrong usage exits
with 2. Secrets are never arguments: a store's URL with a password belongs into GOFER_STORE.
Each command imports what it needs when it runs, so that none pays for the others.
"""

# ruff: noqa: PLC0415 - see above

import sys
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer

from ..domain.errors import GoferError
from .bench.failures import BenchFailed
from .kin import PartFailed
from .settings import Settings, SettingsProblem, load_settings

app = typer.Typer(
    name="gofer",
    help="Run any Python function on any of your machines, through one REST API.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Mode(StrEnum):
    """How tasks reach workers."""

    LOCAL = "local"
    PULL = "pull"
    PUSH = "push"


class Remote(StrEnum):
    """The kinds of worker that run as processes of their own."""

    PULL = "pull"
    PUSH = "push"


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

NEXT_STEPS = """gofer runs any Python function on any of your machines, through one REST API.

  gofer demo     see it work: all three modes, real functions, nothing left behind
  gofer up       the whole system on this machine, until Ctrl-C
  gofer --help   everything else
"""


@app.callback(invoke_without_command=True)
def _what_next(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(NEXT_STEPS)


@app.command()
def up(
    mode: Annotated[Mode, typer.Option("--mode", "-m")] = Mode.LOCAL,
    workers: Workers = None,
    store: Annotated[
        str | None, typer.Option(help="embedded://DIRECTORY (the default), or redis://...")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Of the web service.")] = None,
    path: Folders = None,
    log_level: Level = None,
) -> None:
    """Run the whole system on this machine: store, web service, dispatcher and workers."""
    from .up import default_store, run_up

    settings = _settings(
        mode=mode.value,
        workers=workers,
        store=store or default_store(),
        http_port=port,
        path=_absolute(path),
        log_level=log_level,
    )
    _run(run_up, settings)


@app.command()
def demo(
    workers: Annotated[int, typer.Option("--workers", "-w", min=1)] = 2,
    log_level: Level = "warning",
) -> None:
    """Start everything, run real functions in all three modes, show what came back."""
    from .demo.run import run_demo

    _run(run_demo, workers, log_level or "warning")


@app.command()
def api(
    store: Store = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Port = None,
    wait: Wait = True,
    log_level: Level = None,
) -> None:
    """Run the web service."""
    from .rest.server import serve

    settings = _settings(
        store=store,
        http_host=host,
        http_port=port,
        wait_for_store_s=None if wait else 0.0,
        log_level=log_level,
    )
    _run(serve, settings)


@app.command()
def dispatcher(  # noqa: PLR0913, PLR0917 - one parameter an option
    mode: Annotated[Mode | None, typer.Option("--mode", "-m", help="How tasks are run.")] = None,
    port: Port = None,
    workers: Workers = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", "-t", min=0.001, help="Of each task, in seconds.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on for workers.")] = None,
    store: Store = None,
    path: Folders = None,
    wait: Wait = True,
    log_level: Level = None,
) -> None:
    """Run a dispatcher: beside its own worker (local), or for workers that connect to it."""
    from .parts import run_dispatcher

    settings = _settings(
        mode=None if mode is None else mode.value,
        dispatcher_port=port,
        dispatcher_host=host,
        workers=workers,
        timeout_s=timeout,
        store=store,
        path=_absolute(path),
        wait_for_store_s=None if wait else 0.0,
        log_level=log_level,
    )
    _run(run_dispatcher, settings)


@app.command()
def worker(
    mode: Remote,
    workers: Annotated[int, typer.Argument(metavar="N", min=1, help="Tasks at once.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="tcp://HOST:PORT of the dispatcher.")],
    name: Annotated[str | None, typer.Option(help="What to call it; unique by default.")] = None,
    path: Folders = None,
    log_level: Level = None,
) -> None:
    """Run a worker of N child processes for the dispatcher at URL."""
    from .parts import run_worker

    settings = _settings(
        mode=mode.value, workers=workers, path=_absolute(path), log_level=log_level
    )
    _run(run_worker, settings, url, name)


@app.command()
def bench(
    url: Annotated[
        str | None, typer.Option(help="Of the web service; by default the one of these settings.")
    ] = None,
    tasks: Annotated[int, typer.Option("--tasks", "-n", min=1, max=1_000_000)] = 10_000,
    own: Annotated[
        bool, typer.Option("--up", help="Start a system, measure it, end it; nothing is kept.")
    ] = False,
    mode: Annotated[Mode, typer.Option("--mode", "-m", help="With --up.")] = Mode.LOCAL,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="With --up.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure an installation that runs: round trips, bulk, payloads."""
    from .bench.run import own_settings, run_bench, run_own_bench

    if own and url is not None:
        raise typer.BadParameter("--up starts one of its own: leave out --url")
    if own:
        _run(partial(run_own_bench, as_json=as_json), own_settings(mode.value, workers), tasks)
    else:
        settings = _settings()
        address = url or f"http://{settings.http_host}:{settings.http_port}"
        _run(partial(run_bench, as_json=as_json), address, tasks)


def main() -> None:
    """Run the command that this process's arguments name."""
    app()


def run_part(*command: str) -> NoReturn:
    """Run ``gofer COMMAND...`` with this process's arguments: the original command lines."""
    app([*command, *sys.argv[1:]], prog_name="gofer")
    raise SystemExit(0)


def _settings(**given: Any) -> Settings:
    try:
        return load_settings(**given)
    except SettingsProblem as problem:
        _fail(problem, 2)


def _run(part: Any, *arguments: Any) -> None:
    try:
        part(*arguments)
    except* (BenchFailed, GoferError, PartFailed) as problems:
        for problem in _leaves(problems):
            typer.echo(f"gofer: {problem}", err=True)
        raise SystemExit(1) from None


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    """Yield the problems themselves: each task group on their way has wrapped them once more."""
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from _leaves(cast("ExceptionGroup[Exception]", each))
        else:
            yield each


def _fail(problem: Exception, code: int) -> NoReturn:
    typer.echo(f"gofer: {problem}", err=True)
    raise SystemExit(code)


def _absolute(folders: list[Path] | None) -> tuple[str, ...] | None:
    return None if folders is None else tuple(str(folder.absolute()) for folder in folders)


if __name__ == "__main__":
    main()
