"""From the bodies of tasks to the service's words: arguments, options, budgets."""

import asyncio

from msgspec import UNSET
from starlette.requests import Request

from ....domain.identifiers import FunctionId
from ....domain.submissions import Submission
from ....domain.task import Budget
from ..encoding import Encoding
from .bodies import NewTask
from .formats import Reader, header, spoken
from .problems import Refused
from .task_bodies import Call, Options, SubmitTask
from .times import ms_until

LARGE_BYTES = 1024 * 1024
"""Bodies over this size are read and written in a thread, so that others get a turn between."""

KEY_HEADER = b"idempotency-key"

_BUDGET = Budget()


def key_of(request: Request) -> str:
    """Return a request's idempotency key; empty if it has none."""
    return header(request, KEY_HEADER).decode("latin-1")


class Wishes:
    """Reads requests for single tasks."""

    def __init__(self, kind: type[Call], encoding: Encoding) -> None:
        self._reader = Reader(kind)
        self._encoding = encoding

    async def read(self, request: Request) -> tuple[Call, bytes]:
        """Return the body and the payload that it means; raise Refused, InvalidPayload."""
        written_in = spoken(request)
        raw = await request.body()

        def understood() -> tuple[Call, bytes]:
            wish: Call = self._reader.read(raw, written_in)
            return wish, payload_of(wish, self._encoding)

        return await asyncio.to_thread(understood) if len(raw) > LARGE_BYTES else understood()


def payload_of(wish: Call | NewTask, encoding: Encoding) -> bytes:
    """Return the pickle of a call's arguments; raise Refused, InvalidPayload."""
    given = wish.args is not UNSET or wish.kwargs is not UNSET
    if isinstance(wish, SubmitTask | NewTask) and isinstance(wish.payload, bytes):
        if given:
            raise Refused("does-not-fit", "give a `payload`, or `args` and `kwargs`; not both")
        return wish.payload
    return encoding.call(wish.args or (), wish.kwargs or {})


def submission_of(function: FunctionId, payload: bytes, wish: Options, key: str) -> Submission:
    """Return a wish in the service's words; raise Refused."""
    return Submission(
        function,
        payload,
        1 if wish.priority is None else wish.priority,
        _delay_ms(wish),
        Budget(
            _BUDGET.retries if wish.retries is None else wish.retries,
            _BUDGET.redeliveries if wish.redeliveries is None else wish.redeliveries,
            None if wish.timeout_s is None else max(1, ms(wish.timeout_s)),
        ),
        key,
    )


def ms(seconds: float) -> int:
    """Return seconds as whole milliseconds."""
    return round(seconds * 1000)


def _delay_ms(wish: Options) -> int:
    if wish.run_at is None:
        return ms(wish.delay_s or 0.0)
    if wish.delay_s is not None:
        raise Refused("does-not-fit", "say `delay_s` or `run_at`; not both")
    return ms_until(wish.run_at)
