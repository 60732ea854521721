"""Requests of both clients, and how their answers are read; nothing is sent here."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from . import outcomes
from .address import JSON, MSGPACK, Answer, Body
from .errors import NotGofer, Refused
from .packing import Parcel
from .wire import (
    Accepted,
    BatchSubmitted,
    FunctionRegistered,
    Item,
    Payload,
    Problem,
    SubmitTask,
    submission,
)

Asked = tuple[str, Body, dict[str, str]]
"""Path, body and headers of a request."""

BATCH_MOST = 1_000
"""Tasks of one request of ``map``: the first ones run while the next request is made."""

BATCH_BYTES = 13 * 1024 * 1024
"""Bytes of arguments of one request of ``map``, but for a single task that has more: below what a
service takes unless it is told otherwise. A request costs a pause, whatever it brings: 8 MiB gave
5 % fewer echoes of 1 MiB (docs/performance.md)."""

WAIT_S = 30.0
"""How long one request for a result waits before another is made."""

CALL_BYTES = 64 * 1024
"""Arguments up to this length go with a request that also waits for what comes of them; longer
ones would lie in the service's memory for as long."""

PAGE_MOST = 1_000
"""Items of a page of a list."""

LOST = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""How a submission is refused whose function the service does not know, or no more."""

_JSON = {"Content-Type": JSON, "Accept": JSON}
_BOTH = {"Content-Type": MSGPACK, "Accept": MSGPACK}

_encode = msgspec.msgpack.Encoder().encode
_submitted = msgspec.msgpack.Decoder(BatchSubmitted).decode
_registered = msgspec.json.Decoder(FunctionRegistered).decode
_item = msgspec.msgpack.Decoder(Item).decode
_accepted = msgspec.msgpack.Decoder(Accepted).decode


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: ids in the order of the request, None for what was refused."""

    id: str
    task_ids: tuple[str | None, ...]
    refused: Mapping[int, Problem]


def fresh_key() -> str:
    """Return an idempotency key that nobody else has: 128 random bits."""
    return secrets.token_hex(16)


def registration(parcel: Parcel) -> Asked:
    """Return the request that registers a function."""
    return "/v1/functions", parcel.wish(), dict(_JSON)


def original_registration(parcel: Parcel) -> Asked:
    """Return the request of the original contract, for a service without /v1/functions."""
    body = {"name": parcel.name, "payload": parcel.bytecode}
    return "/register_function", msgspec.json.encode(body), dict(_JSON)


def registered_id(answer: Answer) -> str:
    """Return the id that a service gave to a function."""
    told = _registered(answer.body)
    return told.id or told.function_id


def batch(
    function_id: str, payloads: Sequence[Payload], said: Mapping[str, Any], key: str | None = None
) -> Asked:
    """Return the request that has a function run on payloads."""
    body = submission(payloads, function_id, said)
    return "/v1/batches", body, {**_BOTH, "Idempotency-Key": key or fresh_key()}


def recorded(answer: Answer) -> Recorded:
    """Return what became of a batch."""
    told = _submitted(answer.body)
    refused = {at: task.error for at, task in enumerate(told.tasks, 1) if task.error is not None}
    return Recorded(told.id, tuple([task.id or None for task in told.tasks]), refused)


def only(answer: Answer) -> str:
    """Return the id of the only task of a batch; raise Refused."""
    told = recorded(answer)
    for problem in told.refused.values():
        raise Refused(problem.status, problem.kind, problem.detail)
    return str(told.task_ids[0])


def call(function_id: str, payload: bytes, said: Mapping[str, Any], wait_s: float) -> Asked:
    """Return the request that has a function run and waits for what comes of it.

    It has a key: sent again because its answer was lost, it waits for the same task.
    """
    body = _encode(SubmitTask(function_id, payload, **said))
    return f"/v1/tasks?wait={wait_s:g}", body, {**_BOTH, "Idempotency-Key": fresh_key()}


def called(answer: Answer) -> Item | str:
    """Return what came of a call, or the id of its task where it has not ended."""
    return _item(answer.body) if answer.status == HTTPStatus.OK else _accepted(answer.body).id


def left(deadline: float | None, now: float) -> float | None:
    """Return how many seconds are left; None: there is no end."""
    return None if deadline is None else max(0.0, deadline - now)


def result(task_id: str, wait_s: float) -> Asked:
    """Return the request for a task's outcome."""
    at = f"/v1/tasks/{quote(task_id, safe='')}/result"
    return f"{at}?wait={wait_s:.3f}", None, {"Accept": MSGPACK}


def outcome(answer: Answer) -> Item | None:
    """Return a task's outcome; None if it has none yet."""
    return _item(answer.body) if answer.status == HTTPStatus.OK else None


def not_ended(task_id: str, timeout: float | None, explanation: Answer) -> TimeoutError:
    """Return the error that a task has not ended in time, with why it is where it is."""
    told = msgspec.json.decode(explanation.body)
    return TimeoutError(
        f"task {task_id} had not ended in {timeout:g} s; it is {told['status']}: {told['summary']}"
    )


def json(method: str, path: str, body: Any) -> Asked:
    """Return a request, JSON both ways; every POST has a key of its own."""
    data = None if body is None else msgspec.json.encode(body)
    headers = {"Accept": JSON}
    if data is not None:
        headers["Content-Type"] = JSON
    if method == "POST":
        headers["Idempotency-Key"] = fresh_key()
    return path, data, headers


def decoded(answer: Answer, url: str) -> Any:
    """Return what an answer says; None where it has no content. Raises NotGofer."""
    if not answer.body:
        return None
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotGofer(url, f"HTTP {answer.status}, {answer.content_type or 'no type'}") from None


def payloads(calls: Iterable[tuple[Any, ...]]) -> Iterator[list[Payload]]:
    """Yield the pickled arguments of calls, as many as go into one request."""
    gathered: list[Payload] = []
    size = 0
    for args in calls:
        payload = outcomes.call_in_pieces(args)
        length = len(payload) if isinstance(payload, bytes) else sum(map(len, payload))
        if gathered and (len(gathered) >= BATCH_MOST or size + length > BATCH_BYTES):
            yield gathered
            gathered, size = [], 0
        gathered.append(payload)
        size += length
    if gathered:
        yield gathered


def halves(payloads: list[Payload], refusal: Refused) -> list[list[Payload]]:
    """Return the two halves of a request that is too large for its service, the second one first.

    Raises the refusal where it says something else, or one task alone is too large.
    """
    if refusal.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE or len(payloads) == 1:
        raise refusal
    middle = len(payloads) // 2
    return [payloads[middle:], payloads[:middle]]


class InOrder:
    """Brings results, which come in the order in which tasks end, into that of the calls."""

    def __init__(self) -> None:
        """Expect the result of position 1 first."""
        self._early: dict[int, Any] = {}
        self._next = 1

    def take(self, position: int, value: Any) -> Iterator[Any]:
        """Take a result; yield it and what it has held up, or nothing yet."""
        self._early[position] = value
        while self._next in self._early:
            self._next += 1
            yield self._early.pop(self._next - 1)


def local(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that a decorated one stands for."""
    found: Callable[..., Any] = getattr(function, "__gofer_function__", function)
    return found
