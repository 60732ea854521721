"""The demo's course: start, run the burst in each mode, show, stop; exit 0 only if all is right."""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..logs import set_up
from ..settings import load_settings
from ..stack import Mode, Stack
from .cases import Call, calls, functions, shortened
from .client import Client

MODES: tuple[Mode, ...] = ("local", "push", "pull")
CLIENTS = 8
"""Clients that submit and fetch at the same time."""

PATIENCE_S = 60.0
"""How long one result may take before the demo calls it wrong."""

WORKER_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a call, and after how long from its submission."""

    call: Call
    status: str
    value: Any
    elapsed_ms: float

    @property
    def right(self) -> bool:
        """Return whether value (or exception) and status are the expected ones."""
        expected = "FAILED" if isinstance(self.call.expected, Exception) else "COMPLETED"
        return self.status == expected and self.call.matches(self.value)


def run_demo(slots: int, log_level: str, *, as_json: bool = False) -> None:
    """Run the demo with ``slots`` tasks at once; exit 1 if a value is wrong, 130 on Ctrl-C.

    With ``as_json`` what people see goes to stderr, and a summary to stdout.
    """
    set_up(log_level)
    settings = load_settings(
        store="embedded://",
        http_port=0,
        dispatcher_port=0,
        workers=slots,
        drain_ms=0,
        log_level=log_level,
    )
    stack = Stack(settings, worker_processes=WORKER_PROCESSES)
    demo = _Demo(stack, Console(stderr=as_json))
    code = asyncio.run(_until_signal(demo.run(), stack))
    if as_json:
        typer.echo(json.dumps({"right": code == 0, "modes": demo.summary}))
    raise SystemExit(code)


async def _until_signal(demo: Any, stack: Stack) -> int:
    """Run the demo until it ends or a signal comes; leave no process and no file either way."""
    running: asyncio.Task[int] = asyncio.create_task(demo)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        return await running
    except asyncio.CancelledError:
        return 130
    finally:
        await stack.stop()


class _Demo:
    def __init__(self, stack: Stack, console: Console) -> None:
        self._stack = stack
        self._console = console
        self._url = ""
        self.summary: dict[str, dict[str, float]] = {}

    async def run(self) -> int:
        started = time.monotonic()
        self._console.print("starting the store (bundled Valkey) and the web service ...")
        await self._stack.start_store()
        self._url = await self._stack.start_service()
        self._console.print(f"listening on {self._url}")
        wrong = 0
        for mode in MODES:
            wrong += await self._show(mode)
        elapsed = time.monotonic() - started
        if wrong:
            self._console.print(f"[bold red]{wrong} values are wrong[/]")
            return 1
        self._console.print(f"[bold green]every value is right[/] in all modes, {elapsed:.1f} s")
        return 0

    async def _show(self, mode: Mode) -> int:
        await self._stack.start_dispatch(mode, 0)
        burst = list(calls())
        columns = (
            TextColumn(f"[bold]{mode:5}[/]"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            bar = progress.add_task(mode, total=len(burst))
            began = time.monotonic()
            answers = await asyncio.to_thread(
                _burst, self._url, burst, lambda: progress.advance(bar)
            )
            elapsed = time.monotonic() - began
        self._console.print(_table(mode, answers, elapsed))
        await self._stack.stop_dispatch()
        wrong = sum(not answer.right for answer in answers)
        self.summary[mode] = {"tasks": len(answers), "wrong": wrong, "elapsed_s": round(elapsed, 3)}
        return wrong


def _burst(url: str, burst: list[Call], advance: Callable[[], None]) -> list[Answer]:
    """Register the functions, then submit and fetch all calls from several clients at once."""
    client = Client(url)
    ids = {name: client.register(name, function) for name, function in functions().items()}
    client.close()

    def run_share(share: list[Call]) -> list[Answer]:
        mine = Client(url)
        sent = [
            (
                call,
                mine.execute(ids[call.function], call.arguments, call.keywords),
                time.monotonic(),
            )
            for call in share
        ]
        answers: list[Answer] = []
        for call, task_id, at in sent:
            status, value = mine.result(task_id, PATIENCE_S)
            answers.append(Answer(call, status, value, (time.monotonic() - at) * 1000))
            advance()
        mine.close()
        return answers

    shares = [burst[start::CLIENTS] for start in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        return [answer for share in pool.map(run_share, shares) for answer in share]


def _table(mode: Mode, answers: list[Answer], elapsed_s: float) -> Table:
    """Return one row a function: an example of what went in and came back, and the times."""
    table = Table(title=f"{mode}: {len(answers)} tasks in {elapsed_s:.2f} s", title_justify="left")
    table.add_column("function", no_wrap=True, min_width=11)
    table.add_column("what went in", no_wrap=True, max_width=22)
    table.add_column("what came back", no_wrap=True, max_width=21)
    table.add_column("ms", justify="right", min_width=4)
    table.add_column("right", justify="right", min_width=5)
    for name in functions():
        mine = [answer for answer in answers if answer.call.function == name]
        times = sorted(answer.elapsed_ms for answer in mine)
        right = sum(answer.right for answer in mine)
        example = next((answer for answer in mine if not answer.right), mine[-1])
        came_back = shortened(repr(example.value))
        table.add_row(
            name,
            example.call.shown().removeprefix(name),
            came_back if example.status == "COMPLETED" else f"{example.status} {came_back}",
            f"{times[len(times) // 2]:.0f}",
            f"{right}/{len(mine)}",
        )
    table.caption = "ms: median from submission to the result in the client's hands"
    return table
