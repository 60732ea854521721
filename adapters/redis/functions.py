"""The registered functions on Redis: one hash each, written once, never changed."""

from collections.abc import Sequence

from ...domain.function import Function
from ...domain.identifiers import FunctionId
from . import codec
from .batches import CALL_BYTES, batches
from .driver import Driver


class RedisFunctionStore:
    """The FunctionStore port over a driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, functions: Sequence[Function]) -> None:
        """Store functions; all or none as far as they fit one call: 100, 16 MiB."""
        for batch in batches(functions, lambda function: len(function.payload)):
            words = [word for function in batch for word in codec.function_words(function)]
            await self._driver.run("put", *words)

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions; None for those that do not exist."""
        found: list[Function | None] = []
        for batch in batches(function_ids):
            rest = batch
            while rest:
                rows = await self._driver.run("fetch", CALL_BYTES, *rest)
                found.extend(map(codec.function, rest, rows))
                rest = rest[len(rows) :]
        return found
