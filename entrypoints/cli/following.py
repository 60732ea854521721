"""What a task writes, as it writes it: the log route's text stream, copied as it comes."""

import codecs
import sys
from typing import IO, TYPE_CHECKING

from .asking import path

if TYPE_CHECKING:
    from ..sdk.client import Client

SILENCE_S = 24 * 3600.0
"""A task may be silent for as long as it likes."""


def follow_log(
    client: "Client",
    task_id: str,
    out: IO[str] | None = None,
    *,
    tail: int | None = None,
    attempt: int | None = None,
) -> None:
    """Copy a task's output to ``out`` (stdout) until the task ends."""
    target = out or sys.stdout
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    query = {"follow": True, "tail": tail, "attempt": attempt}
    for chunk in client.stream(path("tasks", task_id, "logs"), query, silence_s=SILENCE_S):
        target.write(decoder.decode(chunk))
        target.flush()
