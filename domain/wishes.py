"""What somebody wants registered, and whether it can be right: before anything is stored."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from .errors import InvalidIdentifier, InvalidInput, TooLarge
from .findings import Finding
from .function import IMPLEMENTATION, NO_DEFAULTS, Defaults, Environment, FunctionHead
from .identifiers import FunctionId, parse_function_id
from .ports import PayloadInspector
from .preflight import (
    Report,
    closure_findings,
    not_looked_into,
    with_contract,
    workers_findings,
)
from .sources import SourceView, look_at
from .submissions import Limits
from .task import PRIORITIES

LONG_SOURCE = 16 * 1024
"""Characters of source, or bytes of bytecode, that are looked at aside: they take some 10 ms."""

_IMPLEMENTATION = re.compile(IMPLEMENTATION)

Aside: TypeAlias = Callable[[Callable[[], SourceView]], Awaitable[SourceView]]
"""Calls something where it holds up nobody, and returns what it returned."""


async def at_once(look: Callable[[], SourceView]) -> SourceView:
    """Call it here; everybody else waits."""
    return look()


@dataclass(frozen=True, slots=True)
class FunctionWish:
    """What somebody wants registered: ``source``, ``bytecode`` (a dill pickle), or both.

    ``source`` is the text of a module; ``entry`` is which of its functions is meant ("": ``name``,
    or the only one). ``environment`` is what made the bytecode (None: what it tells of itself).
    """

    name: str
    source: str = ""
    entry: str = ""
    bytecode: bytes = b""
    environment: Environment | None = None
    defaults: Defaults = NO_DEFAULTS


@dataclass(frozen=True, slots=True)
class Examined:
    """A wish that can be right, with its entry and environment filled in."""

    wish: FunctionWish
    environment: Environment
    view: SourceView

    @property
    def report(self) -> Report:
        """Return what is wrong with it wherever it would run."""
        return self._report([*self.view.findings, *self._closure()])

    def against(self, workers: Sequence[Environment]) -> Report:
        """Return what is wrong with it, on workers of these environments too."""
        found = workers_findings(self._head(), self.view, workers)
        return self._report([*self.view.findings, *self._closure(), *found])

    def _closure(self) -> list[Finding]:
        return closure_findings(len(self.wish.bytecode))

    def _report(self, findings: Sequence[Finding]) -> Report:
        wish = self.wish
        sizes = (len(wish.bytecode), len(wish.source.encode()), len(wish.bytecode))
        return Report(tuple(findings), self.environment, *sizes)

    def _head(self) -> FunctionHead:
        wish = self.wish
        return FunctionHead(
            id=FunctionId(""),
            name=wish.name,
            version=0,
            digest="",
            environment=self.environment,
            created_at_ms=0,
            payload_bytes=len(wish.bytecode),
            source_bytes=len(wish.source),
        )


class Examiner:
    """Looks at wishes; never runs anything of them."""

    def __init__(
        self, inspector: PayloadInspector, environment: Environment, limits: Limits, aside: Aside
    ) -> None:
        """Take the ports; ``environment`` is assumed for bytecode that names none."""
        self._inspector = inspector
        self._environment = environment
        self._limits = limits
        self._aside = aside

    async def examine(self, wish: FunctionWish) -> Examined:
        """Return what there is to say; raise InvalidInput, InvalidPayload or TooLarge."""
        check_name(wish.name)
        _check_defaults(wish.defaults)
        if not (wish.source or wish.bytecode):
            raise InvalidInput("a function needs source, bytecode or both")
        if wish.entry and not wish.entry.isidentifier():
            raise InvalidInput(f"the entry {wish.entry[:80]!r} is no name of a function")
        environment = self.environment_of(wish)
        view = SourceView()
        if wish.source:
            newer = environment.python > self._environment.python
            look = partial(look_at, wish.source, wish.entry, wish.name, newer=newer)
            view = await self._aside(look) if len(wish.source) > LONG_SOURCE else look()
        elif environment.tag != self._environment.tag:
            view = not_looked_into(environment, self._environment)
        else:
            look = partial(self._inspector.look_into, wish.bytecode)
            view = await self._aside(look) if len(wish.bytecode) > LONG_SOURCE else look()
        environment = with_contract(environment, view)
        return Examined(replace(wish, entry=view.entry, environment=environment), environment, view)

    def environment_of(self, wish: FunctionWish) -> Environment:
        """Return what the wish says or, without a word, what its bytecode tells, or our own.

        Raises InvalidInput (a name over the limit), InvalidPayload or TooLarge.
        """
        if len(wish.name) > self._limits.name_chars:
            raise InvalidInput(
                f"the name has {len(wish.name)} characters; the limit is {self._limits.name_chars}"
            )
        size = len(wish.bytecode) + len(wish.source.encode("utf-8", "replace"))
        if size > self._limits.function_bytes:
            raise TooLarge("the function", size, self._limits.function_bytes)
        _check_environment(wish.environment)
        if wish.bytecode or not wish.source:
            seen = self._inspector.inspect(wish.bytecode)
            return wish.environment or seen.environment or self._environment
        return wish.environment or self._environment


def check_name(name: str) -> None:
    """Raise InvalidInput for a name that no reference could mean."""
    if not name.strip() or not name.isprintable() or "/" in name or "@" in name:
        raise InvalidInput(f"the name {name[:80]!r} is empty, or has / or @ or what is not printed")
    try:
        parse_function_id(name)
    except InvalidIdentifier:
        return
    raise InvalidInput(f"the name {name!r} looks like an id")


def _check_environment(environment: Environment | None) -> None:
    """Refuse an interpreter whose name could be no part of a queue's: spaces, for one."""
    if environment is not None and not _IMPLEMENTATION.fullmatch(environment.implementation):
        raise InvalidInput(
            f"the implementation {environment.implementation[:80]!r} is no name of an interpreter;"
            " expected what sys.implementation.name says, such as cpython"
        )


def _check_defaults(defaults: Defaults) -> None:
    if defaults.priority is not None and defaults.priority not in PRIORITIES:
        raise InvalidInput(f"priority {defaults.priority} is none of {PRIORITIES}")
    for name in ("timeout_ms", "retries", "redeliveries", "result_ttl_ms"):
        value = getattr(defaults, name)
        if value is not None and value < 0:
            raise InvalidInput(f"the default {name} is {value}, and cannot be negative")
