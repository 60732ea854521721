"""The use cases around functions: register, resolve, list, delete.

A *reference* names a function from outside: its id, its name (the newest version that is not
deleted) or ``name@3``. Tasks name functions by id inside the store; references are resolved on
the way in, and what a reference meant is remembered for at most a second.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .errors import Deleted, GoferError, Incompatible, InvalidIdentifier, NotFound, UnfitFunction
from .findings import Finding
from .function import Environment, Function, FunctionHead, FunctionName, function_digest
from .identifiers import FunctionId, parse_function_id
from .ports import Clock, Filed, FunctionStore, Point, Telemetry, WorkerStore
from .preflight import Report, fits_nowhere
from .wishes import Examiner, FunctionWish

__all__ = ["FunctionPage", "FunctionWish", "Functions", "Registration", "parse_reference"]

REMEMBERED_MS = 1_000
"""How long what a reference meant is believed: a new version is used by all a second later."""

REMEMBERED_MOST = 10_000
"""References remembered at once; past that all are looked up again."""

MOST_VERSION = 2**31 - 1

_REFERENCE = "an id, a name, or a name and a version such as resize@3"


@dataclass(frozen=True, slots=True)
class Registration:
    """A function that is registered now. ``created``: it is a new version of its name.

    ``findings`` are warnings: what may keep it from running on the workers that are there.
    """

    function: FunctionHead
    created: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionPage:
    """Some functions, the latest first; ``next_cursor`` is where to go on, "" at the end."""

    functions: tuple[FunctionHead, ...]
    next_cursor: str = ""


class Functions:
    """What can be done with functions, over a store; safe to share within one event loop."""

    def __init__(
        self,
        store: FunctionStore,
        workers: WorkerStore,
        examiner: Examiner,
        clock: Clock,
        new_id: Callable[[], str],
        telemetry: Telemetry,
    ) -> None:
        """Take the ports."""
        self._store = store
        self._workers = workers
        self._examiner = examiner
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry
        self._remembered: dict[str, tuple[float, FunctionHead]] = {}

    # ------------------------------------------------------------ registering

    async def register(self, wish: FunctionWish) -> Registration:
        """Store a function as the next version of its name, unless the newest is the same.

        Raises InvalidInput, InvalidPayload, TooLarge or (with findings) UnfitFunction, and then
        nothing was stored; StoreUnavailable.
        """
        examined = await self._examiner.examine(wish)
        if unfit := examined.report.unfit:
            raise UnfitFunction(unfit)
        findings = examined.against(await self._environments()).findings
        put = self._put(examined.wish, examined.environment, unless_same=True)
        filed, function = await put
        self._remembered.pop(function.name, None)
        if filed.new:
            return Registration(function, created=True, findings=findings)
        (known,) = await self._store.heads([filed.id])
        if known is None:  # it was deleted, and forgotten, between the two calls
            raise NotFound("function", filed.id)
        return Registration(known, created=False, findings=findings)

    async def preflight(self, wish: FunctionWish) -> Report:
        """Return what would keep a function from running now; stores nothing.

        Raises InvalidInput, InvalidPayload or TooLarge as ``register`` does; StoreUnavailable.
        """
        examined = await self._examiner.examine(wish)
        return examined.against(await self._environments())

    async def misfits(self, functions: Iterable[FunctionHead]) -> dict[FunctionId, Incompatible]:
        """Return which functions no worker that is there could run, and why; one call."""
        environments = await self._environments()
        return {
            function.id: Incompatible(f"{function.name}@{function.version}", problem)
            for function in functions
            if (problem := fits_nowhere(function, environments))
        }

    async def _environments(self) -> list[Environment]:
        """Return those of the workers that take tasks, as of about a second ago."""
        records = await self._workers.workers()
        return [each.environment for each in records if each.takes_tasks]

    async def add(self, name: str, payload: bytes) -> FunctionId:
        """Store bytecode as a new version of any name, as the original contract has it.

        Raises as ``register`` does.
        """
        wish = FunctionWish(name, bytecode=payload)
        environment = self._examiner.environment_of(wish)
        filed, _ = await self._put(wish, environment, unless_same=False)
        return filed.id

    async def _put(
        self, wish: FunctionWish, environment: Environment, *, unless_same: bool
    ) -> tuple[Filed, FunctionHead]:
        function = Function(
            id=FunctionId(self._new_id()),
            name=wish.name,
            payload=wish.bytecode,
            digest=function_digest(
                wish.bytecode, environment, wish.source, wish.entry, wish.defaults
            ),
            environment=environment,
            created_at_ms=self._clock.unix_ms(),
            source=wish.source,
            entry=wish.entry,
            defaults=wish.defaults,
        )
        (filed,) = await self._store.put([function], unless_same=unless_same)
        self._telemetry.point(Point.API_REGISTERED)
        return filed, replace(function.head, version=filed.version)

    # ------------------------------------------------------------ finding

    async def resolve(self, reference: str) -> FunctionHead:
        """Return what a reference means now; raise InvalidIdentifier, NotFound or Deleted."""
        (found,) = await self._look([reference])
        if isinstance(found, GoferError):
            raise found
        return found

    async def known(self, references: Iterable[str]) -> dict[str, FunctionHead | GoferError]:
        """Return what each reference means, or why it means nothing; one call of the store.

        For the way in of tasks: what was found is believed for a second, so that one that was
        deleted meanwhile is refused when the task is recorded.
        """
        now = self._clock.steady_ms()
        found: dict[str, FunctionHead | GoferError] = {}
        missing: list[str] = []
        for reference in dict.fromkeys(references):
            remembered = self._remembered.get(reference)
            if remembered is not None and now < remembered[0]:
                found[reference] = remembered[1]
            else:
                missing.append(reference)
        if not missing:
            return found
        if len(self._remembered) + len(missing) > REMEMBERED_MOST:
            self._remembered.clear()
        for reference, answer in zip(missing, await self._look(missing), strict=True):
            found[reference] = answer
            if isinstance(answer, FunctionHead):
                self._remembered[reference] = (now + REMEMBERED_MS, answer)
        return found

    async def _look(self, references: Sequence[str]) -> list[FunctionHead | GoferError]:
        answers: list[FunctionHead | GoferError] = []
        asked: list[tuple[int, FunctionId | FunctionName]] = []
        for position, reference in enumerate(references):
            answers.append(NotFound("function", reference))
            try:
                asked.append((position, parse_reference(reference)))
            except InvalidIdentifier as error:
                answers[position] = error
        heads = await self._store.heads([wanted for _, wanted in asked]) if asked else []
        for (position, _), head in zip(asked, heads, strict=True):
            if head is not None and head.deleted:
                answers[position] = Deleted("function", references[position])
            elif head is not None:
                answers[position] = head
        return answers

    async def find(self, name: str = "", cursor: str = "", limit: int = 100) -> FunctionPage:
        """Return the newest version of each name (or of this one), the latest first.

        ``cursor`` is the ``next_cursor`` of the page before. Raises InvalidIdentifier for another.
        """
        if name:
            found = await self._store.versions(name, None, 1)
            return FunctionPage(() if cursor else tuple(found))
        before = parse_function_id(cursor) if cursor else None
        heads = await self._store.catalogue(before, limit)
        return FunctionPage(tuple(heads), heads[-1].id if heads and len(heads) >= limit else "")

    async def versions(self, reference: str, cursor: str = "", limit: int = 100) -> FunctionPage:
        """Return the versions of the function's name that are not deleted, the latest first.

        Raises as ``resolve`` does; InvalidIdentifier for a cursor that is none.
        """
        function = await self.resolve(reference)
        before = None
        if cursor:
            if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > len(str(MOST_VERSION)):
                raise InvalidIdentifier("cursor", cursor, "the next_cursor of the page before")
            before = int(cursor)
        heads = await self._store.versions(function.name, before, limit)
        more = heads and len(heads) >= limit
        return FunctionPage(tuple(heads), str(heads[-1].version) if more else "")

    async def delete(self, reference: str) -> FunctionHead:
        """Have a function take no new tasks; those that there are end as they would have.

        Raises as ``resolve`` does; a second delete raises Deleted.
        """
        function = await self.resolve(reference)
        self._remembered.clear()
        (deleted,) = await self._store.delete([function.id])
        if not deleted:
            raise Deleted("function", reference)
        return function


def parse_reference(reference: str) -> FunctionId | FunctionName:
    """Return what a reference asks for; raise InvalidIdentifier for one that is none."""
    try:
        return parse_function_id(reference)
    except InvalidIdentifier:
        name, mark, version = reference.partition("@")
    if not name or not name.isprintable() or "/" in name:
        raise InvalidIdentifier("function", reference, _REFERENCE)
    if not mark:
        return FunctionName(name)
    if not re.fullmatch("[1-9][0-9]{0,9}", version) or int(version) > MOST_VERSION:
        raise InvalidIdentifier("function", reference, _REFERENCE)
    return FunctionName(name, int(version))
