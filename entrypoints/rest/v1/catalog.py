"""Which function is meant, and what the function of a task is called.

A function never changes once it is registered, so what is known of one stays true; only the most
recent ones are kept.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ....domain.errors import GoferError
from ....domain.function import FunctionHead
from ....domain.identifiers import FunctionId
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
        self._functions = service.functions
        self._known: dict[FunctionId, Known] = {}

    async def resolve(self, reference: str) -> FunctionHead:
        """Return a function that takes tasks.

        Raises InvalidIdentifier, NotFound, Deleted, StoreUnavailable.
        """
        found = (await self.resolve_all([reference]))[reference]
        if isinstance(found, GoferError):
            raise found
        return found

    async def resolve_all(self, references: Iterable[str]) -> dict[str, FunctionHead | GoferError]:
        """Return what each reference means, or why it means nothing; raise StoreUnavailable."""
        found = await self._functions.known(references)
        for head in found.values():
            if isinstance(head, FunctionHead) and head.id not in self._known:
                self._remember(head)
        return found

    async def known(self, function_ids: Iterable[FunctionId]) -> dict[FunctionId, Known]:
        """Return what functions are called; raise StoreUnavailable."""
        asked = set(function_ids)
        if missing := asked - self._known.keys():
            await self.resolve_all(missing)
        return {each: self._known.get(each, Known(None, None)) for each in asked}

    def remembered(self, function_id: FunctionId) -> Known:
        """Return what a function is called, if it was asked before."""
        return self._known.get(function_id, Known(None, None))

    def _remember(self, head: FunctionHead) -> None:
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[head.id] = Known(head.name, head.version)
