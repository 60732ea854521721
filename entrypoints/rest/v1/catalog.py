"""Which function a task is of: its name and version, asked once and remembered.

A function never changes once it is registered, so what was found stays true; only the most recent
ones are kept.
"""

from typing import NamedTuple

from ....domain.errors import InvalidIdentifier, NotFound
from ....domain.identifiers import FunctionId, parse_function_id
from ....domain.service import Service

MOST_KNOWN = 10_000
"""Functions that are remembered: 2 MB at most."""


class Known(NamedTuple):
    """A function's name and version; None where it is gone."""

    name: str | None
    version: int | None


class Catalog:
    """Functions by reference and by id."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[FunctionId, Known] = {}

    async def resolve(self, reference: str) -> FunctionId:
        """Return the id of a function; raise NotFound, StoreUnavailable."""
        try:
            return parse_function_id(reference)
        except InvalidIdentifier:
            raise NotFound("function", reference) from None

    async def known(self, function_id: FunctionId) -> Known:
        """Return what a function is called; raise StoreUnavailable."""
        found = self._known.get(function_id)
        if found is None:
            try:
                function = await self._service.function(function_id)
            except NotFound:
                return Known(None, None)
            found = Known(function.name, 1)
            if len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[function_id] = found
        return found
