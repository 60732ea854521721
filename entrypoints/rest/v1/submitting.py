"""From the bodies of tasks to the service's words: arguments, options, budgets."""

import asyncio
import zlib
from datetime import datetime

from msgspec import UNSET
from starlette.requests import Request

from ....domain.function import NO_DEFAULTS, Defaults, FunctionHead, content_digest
from ....domain.submissions import Submission
from ....domain.task import Backoff, Budget
from ..encoding import Encoding
from .formats import Reader, header, spoken
from .problems import Refused
from .task_bodies import Call, OfBackoff, Options
from .times import LAST_MS, at, now_ms, unix_ms

LARGE_BYTES = 1024 * 1024
"""Bodies over this size are read and written in a thread, so that others get a turn between."""

_END_BYTES = 16 * 1024
"""How much of each end of a large body goes into its digest."""

KEY_HEADER = b"idempotency-key"

PRIORITY = 1
_BUDGET = Budget()


def key_of(request: Request) -> str:
    """Return a request's idempotency key; empty if it has none."""
    return header(request, KEY_HEADER).decode("latin-1")


class Wish:
    """A request for a single task, understood: its body, its payload, what it is known by."""

    def __init__(self, body: Call, payload: bytes, key: str, asked: str) -> None:
        self.body = body
        self._payload = payload
        self._key = key
        self._asked = asked

    def submission(self, function: FunctionHead) -> Submission:
        """Return it in the service's words; raise Refused."""
        body = self.body
        return Submission(
            function.id,
            self._payload,
            priority_of(body, function.defaults),
            delay_ms(body),
            budget_of(body, budget_by(function.defaults)),
            self._key,
            tuple(body.tags or ()),
            expires_at_ms(body),
            result_ttl_ms(body, function.defaults.result_ttl_ms or 0),
            self._asked,
        )


class Wishes:
    """Reads requests for single tasks."""

    def __init__(self, kind: type[Call], encoding: Encoding) -> None:
        self._reader = Reader(kind)
        self._encoding = encoding

    async def read(self, request: Request) -> Wish:
        """Return what a request wishes; raise Refused, InvalidPayload."""
        written_in, key = spoken(request), key_of(request)
        raw = await request.body()

        def understood() -> Wish:
            body: Call = self._reader.read(raw, written_in)
            asked = known_by(request.scope["path"].encode() + b"\n", raw) if key else ""
            return Wish(body, payload_of(body, self._encoding), key, asked)

        return await asyncio.to_thread(understood) if len(raw) > LARGE_BYTES else understood()


def known_by(place: bytes, raw: bytes) -> str:
    """Return the digest by which a request is known again when its key comes back.

    It is there to notice a key that was taken twice by mistake, and nobody but the key's owner
    could mislead it. So of a long body all is looked at by a CRC, which takes half the time of a
    digest (0.27 instead of 0.59 ms a MiB), and only its ends and its length by the digest.
    """
    if len(raw) <= LARGE_BYTES:
        return content_digest(place + raw)
    summary = f"{len(raw)} {zlib.crc32(raw)}\n".encode()
    return content_digest(place + summary + raw[:_END_BYTES] + raw[-_END_BYTES:])


def payload_of(body: Call, encoding: Encoding) -> bytes:
    """Return the pickle of a call's arguments; raise Refused, InvalidPayload."""
    given = body.args is not UNSET or body.kwargs is not UNSET
    if isinstance(body.payload, bytes):
        if given:
            raise Refused("does-not-fit", "give a `payload`, or `args` and `kwargs`; not both")
        return body.payload
    return encoding.call(body.args or (), body.kwargs or {})


def budget_of(body: Options, otherwise: Budget) -> Budget:
    """Return the budget that is asked for; what is not said is as in ``otherwise``."""
    if (
        body.timeout_s is None
        and body.retries is None
        and body.redeliveries is None
        and body.backoff is None
    ):
        return otherwise
    return Budget(
        otherwise.retries if body.retries is None else body.retries,
        otherwise.redeliveries if body.redeliveries is None else body.redeliveries,
        otherwise.timeout_ms if body.timeout_s is None else max(1, ms(body.timeout_s)),
        otherwise.backoff if body.backoff is None else _backoff_of(body.backoff),
    )


def budget_by(defaults: Defaults) -> Budget:
    """Return the budget of a task that says nothing: as its function says, or else as gofer."""
    if defaults is NO_DEFAULTS:
        return _BUDGET
    return Budget(
        _BUDGET.retries if defaults.retries is None else defaults.retries,
        _BUDGET.redeliveries if defaults.redeliveries is None else defaults.redeliveries,
        defaults.timeout_ms or None,
    )


def priority_of(body: Options, defaults: Defaults) -> int:
    """Return the priority that is asked for, or else that of the function, or else gofer's."""
    if body.priority is not None:
        return body.priority
    return PRIORITY if defaults.priority is None else defaults.priority


def delay_ms(body: Options, otherwise: int = 0) -> int:
    """Return for how long a task is put off; raise Refused for what says it twice."""
    if body.run_at is None:
        return otherwise if body.delay_s is None else ms(body.delay_s)
    if body.delay_s is not None:
        raise Refused("does-not-fit", "say `delay_s` or `run_at`; not both")
    return max(0, _moment_ms("run_at", body.run_at) - now_ms())


def expires_at_ms(body: Options, otherwise: int = 0) -> int:
    """Return from when on a task is not started (0: never); raise Refused if it is said twice."""
    if body.expires_at is None:
        return otherwise if body.expires_in_s is None else now_ms() + ms(body.expires_in_s)
    if body.expires_in_s is not None:
        raise Refused("does-not-fit", "say `expires_at` or `expires_in_s`; not both")
    return max(1, _moment_ms("expires_at", body.expires_at))


def result_ttl_ms(body: Options, otherwise: int) -> int:
    """Return for how long the result is kept (0: as long as the task is)."""
    return otherwise if body.result_ttl_s is None else max(1, ms(body.result_ttl_s))


def ms(seconds: float) -> int:
    """Return seconds as whole milliseconds."""
    return round(seconds * 1000)


def _moment_ms(name: str, moment: datetime) -> int:
    """Return a moment as milliseconds since 1970; raise Refused for what no answer could tell."""
    if (found_ms := unix_ms(moment)) > LAST_MS:
        raise Refused(
            "does-not-fit", f"`{name}` is later than the last that is told, {at(LAST_MS)}"
        )
    return found_ms


def _backoff_of(body: OfBackoff) -> Backoff:
    return Backoff(ms(body.initial_s), body.factor, ms(body.max_s), body.jitter)
