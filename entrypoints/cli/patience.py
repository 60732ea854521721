"""Why a task that is waited for does not start, said on stderr while one waits for it."""

# ruff: noqa: PLC0415 - see the package

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from .asking import path

if TYPE_CHECKING:
    from ..sdk.client import Client

PATIENT_S: Final = 3.0
"""How long nothing is said; and how often it is looked whether the reason is another one."""


class Reasons:
    """Says the reason why a task is queued: once, and again when it is another one."""

    def __init__(self, client: "Client") -> None:
        """Remember whom to ask."""
        self._client = client
        self._said = ""

    def say(self, task_id: str) -> None:
        """Say why ``task_id`` is queued, unless it is not, or the same was said before."""
        from ..sdk.errors import ClientError

        try:
            told = self._client.request("GET", path("tasks", task_id, "explain"))
        except ClientError:  # the wait itself says what is wrong with the service
            return
        code = told["reasons"][0]["code"]
        if told["status"] == "QUEUED" and code != self._said:
            self._said = code
            typer.echo(f"gofer: task {task_id} is queued: {told['summary']}", err=True)


@contextmanager
def reasons_said(client: "Client", awaited: Callable[[], str | None]) -> Generator[None]:
    """Say, while the block waits, why the task that ``awaited`` names does not start.

    A task is asked about once it has been the one that is awaited for PATIENT_S.
    """
    reasons, done = Reasons(client), threading.Event()

    def watch() -> None:
        before = awaited()
        while not done.wait(PATIENT_S):
            now = awaited()
            if now is not None and now == before:
                reasons.say(now)
            before = now

    watcher = threading.Thread(target=watch, name="gofer-reasons", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
