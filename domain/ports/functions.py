"""The registered functions: each name has versions, each version its own id and its own code.

Every method takes and returns batches; answers come in the order of the request. Any method may
raise StoreUnavailable, and then may or may not have been carried out; all may be repeated.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..function import Function, FunctionHead, FunctionName
from ..identifiers import FunctionId

DELETED_RETENTIONS = 30
"""A deleted function is kept this many retention times, for the tasks that wait for it.

That is 30 days by default. After that its tasks fail, and its name is forgotten.
"""


class Filed(NamedTuple):
    """The answer to one function of a ``put``: where it is. ``new``: it was stored just now."""

    id: FunctionId
    version: int
    new: bool


class FunctionStore(Protocol):
    """The registered functions. Their code never changes once it is stored."""

    async def put(self, functions: Sequence[Function], *, unless_same: bool = False) -> list[Filed]:
        """Store functions under their ids, each as the next version of its name, all or none.

        The version that a function comes with is ignored: the store counts, without gaps, and
        gives no number twice. Storing an id again changes nothing. ``unless_same``: where the
        newest version of the name has the same digest, that one is the answer, and nothing is
        stored.
        """
        ...

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions with their code, deleted ones too; None for those that do not exist."""
        ...

    async def heads(self, wanted: Sequence[FunctionId | FunctionName]) -> list[FunctionHead | None]:
        """Return functions without their code; None for those that do not exist.

        By id, and by name and version, deleted ones too; by name alone the newest that is not.
        """
        ...

    async def catalogue(self, before: FunctionId | None, limit: int) -> list[FunctionHead]:
        """Return the newest version of each name, the latest first, deleted ones left out.

        ``before``: only those with smaller ids, which were registered earlier.
        """
        ...

    async def versions(self, name: str, before: int | None, limit: int) -> list[FunctionHead]:
        """Return the versions of a name, the latest first, deleted ones left out.

        ``before``: only those with smaller numbers. Nothing for a name that nobody registered.
        """
        ...

    async def delete(self, function_ids: Sequence[FunctionId]) -> list[bool]:
        """Have functions take no new tasks; return whether each was there and not deleted."""
        ...
