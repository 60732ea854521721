"""A function over many arguments: batches out, and results in order."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from . import calls, progress
from .batches import Batch
from .errors import ClientError, Refused
from .wire import Payload


def gathered(
    submit: Callable[[Sequence[Payload]], Batch],
    iterables: Sequence[Iterable[Any]],
    timeout: float | None,
    shows: bool | None,  # noqa: FBT001 - it is handed on
) -> Iterator[Any]:
    """Submit all calls now; return the iterator of their results, in order.

    ``submit`` takes the payloads of one batch.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    batches: list[Batch] = []
    try:
        for payloads in calls.payloads(zip(*iterables, strict=False)):
            left = [payloads]
            while left:
                try:
                    batches.append(submit(left[-1]))
                except Refused as refusal:
                    left[-1:] = calls.halves(left[-1], refusal)
                else:
                    left.pop()
                    batches[-1].insist()
    except BaseException:
        _cancel(batches)
        raise
    return _results(batches, deadline, shows=shows)


def _results(batches: list[Batch], deadline: float | None, *, shows: bool | None) -> Generator[Any]:
    count = sum(len(batch.task_ids) for batch in batches)
    batches.reverse()
    try:
        with progress.counted(count, shows=shows) as ended:
            while batches:
                order = calls.InOrder()
                left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
                for result in batches[-1].results(left_s):
                    ended()
                    ready = order.take(result.position, result)
                    del result  # whose memory is free again before the next one comes
                    for each in ready:
                        value = each.value()
                        del each
                        yield value
                        del value
                batches.pop()
    finally:
        _cancel(batches)


def _cancel(batches: Iterable[Batch]) -> None:
    """Cancel what nobody will ask for; where the service is away, it runs to its end."""
    for batch in batches:
        with suppress(ClientError):  # whatever ended the iteration is the better error
            batch.cancel()
