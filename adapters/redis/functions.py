"""The registered functions on Redis: one hash each, written once, never changed."""

from collections.abc import Sequence

from ...domain.function import Function
from ...domain.identifiers import FunctionId
from . import codec
from .batches import CALL_BYTES, batches
from .driver import Driver
from .framing import frame


class RedisFunctionStore:
    """The FunctionStore port over a driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, functions: Sequence[Function]) -> None:
        """Store functions; all or none as far as they fit one call: 100, 16 MiB."""
        for batch in batches(functions, lambda function: len(function.payload)):
            items = [item for function in batch for item in codec.function_items(function)]
            await self._driver.run("put", frame(items))

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions; None for those that do not exist."""
        found: list[Function | None] = []
        for batch in batches(function_ids):
            rest = batch
            while rest:
                asked = frame(function_id.encode() for function_id in rest)
                answer = await self._driver.run("fetch", CALL_BYTES, asked)
                rows = codec.rows(answer, codec.FUNCTION)
                found.extend(map(codec.function, rest, rows))
                rest = rest[len(rows) :]
        return found
