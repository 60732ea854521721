"""How tasks come to a dispatcher: claimed, handed over while it listens, or found to be its own."""

from collections.abc import Iterable
from dataclasses import replace
from math import inf

from ...domain.ports import (
    Clock,
    Credit,
    Entropy,
    FunctionStore,
    Hint,
    Leased,
    Point,
    TaskStore,
    Telemetry,
)
from ...domain.protocol.dispatcher import DispatcherCore
from ...domain.protocol.effects import (
    NOTHING_BROUGHT,
    Brought,
    CallAudit,
    CallClaim,
    CallHush,
    CallListen,
    DispatcherEffect,
)
from .functions import FunctionCache

TOKEN_BITS = 64
"""Random bits in a lease token."""

CREDITS_KEPT = 100
"""Of so many claims in advance it is known since when they stand, the latest ones."""


class TasksIn:
    """Calls of the store that bring tasks, and of the functions that these need.

    Tasks whose functions cannot be had are lost with the call, and handed back as all that came
    with a lost answer: nothing has begun, nothing is charged.
    """

    def __init__(  # noqa: PLR0913 - one parameter a port
        self,
        core: DispatcherCore,
        tasks: TaskStore,
        functions: FunctionStore,
        *,
        clock: Clock,
        entropy: Entropy,
        telemetry: Telemetry,
        owner: str,
        lease_ms: int,
        timeout_ms: int | None,
    ) -> None:
        """Take the ports. ``timeout_ms`` bounds the run of tasks that name no bound."""
        self._core = core
        self._tasks = tasks
        self._functions = FunctionCache(functions)
        self._clock = clock
        self._entropy = entropy
        self._telemetry = telemetry
        self._owner = owner
        self._lease_ms = lease_ms
        self._timeout_ms = timeout_ms
        self._credits: dict[str, float] = {}

    async def ask(self, call: CallClaim | CallHush | CallAudit) -> list[DispatcherEffect]:
        """Make a call, and return what follows from its answer."""
        match call:
            case CallClaim():
                return await self._claim(call)
            case CallHush():
                return await self._hush()
            case CallAudit():
                leased = await self._tasks.leased(self._owner)
                return self._core.audited(leased, self._clock.steady_ms())

    async def _claim(self, call: CallClaim) -> list[DispatcherEffect]:
        self._telemetry.point(Point.CLAIMING)
        wants = dict(call.wants)
        claim = await self._tasks.claim(self._owner, self._token(), wants, self._lease_ms)
        if claim.tasks:
            self._telemetry.point(Point.CLAIMED)
        functions = await self._functions.get({task.function_id for task in claim.tasks})
        if self._timeout_ms is not None:
            claim = replace(claim, tasks=self._bounded(claim.tasks, self._timeout_ms))
        return self._core.claimed(claim, functions, self._clock.steady_ms())

    async def listen(self, call: CallListen) -> list[DispatcherEffect]:
        """Make a call, and return what follows from its answer."""
        credit = None
        if call.wants:
            credit = Credit(self._token(), dict(call.wants), self._lease_ms)
            self._credits[credit.token] = self._clock.steady_ms()
            if len(self._credits) > CREDITS_KEPT:
                del self._credits[next(iter(self._credits))]
        hint = await self._tasks.listen(self._owner, call.timeout_ms / 1000, credit)
        brought = await self._brought(hint) if hint.tasks else NOTHING_BROUGHT
        return self._core.hinted(self._with_bounds(hint), self._clock.steady_ms(), brought)

    async def _hush(self) -> list[DispatcherEffect]:
        hint = await self._tasks.hush(self._owner)
        brought = await self._brought(hint) if hint.tasks else NOTHING_BROUGHT
        return self._core.hushed(self._with_bounds(hint), self._clock.steady_ms(), brought)

    async def _brought(self, hint: Hint) -> Brought:
        """Return what belongs to tasks that were handed over; there is one at least."""
        self._telemetry.point(Point.HANDED)
        functions = await self._functions.get({task.function_id for task in hint.tasks})
        tokens = {task.attempt.token for task in hint.tasks}
        since_ms = min([self._credits.get(token, -inf) for token in tokens])
        return Brought(functions, since_ms)

    def _with_bounds(self, hint: Hint) -> Hint:
        if self._timeout_ms is None:
            return hint
        return replace(hint, tasks=self._bounded(hint.tasks, self._timeout_ms))

    def _token(self) -> str:
        return f"{self._entropy.bits(TOKEN_BITS):016x}"

    @staticmethod
    def _bounded(tasks: Iterable[Leased], timeout_ms: int) -> tuple[Leased, ...]:
        return tuple(
            task
            if task.budget.timeout_ms is not None
            else task._replace(budget=task.budget._replace(timeout_ms=timeout_ms))
            for task in tasks
        )
