"""Opening the store at a process's start: wait as long as told, say what is wrong with it."""

import asyncio
import logging
from typing import Protocol

from ..domain.errors import StoreUnavailable
from ..domain.policy import STORE_BACKOFF_MS, doubling_ms
from ..domain.ports import Clock, Entropy, Store

log = logging.getLogger("gofer.store")


class OwnServer(Protocol):
    """A server that this process owns: it dies with it, and is started again by it."""

    @property
    def url(self) -> str:
        """Return its address for other processes, the same after a restart."""
        ...

    def start(self) -> None:
        """Start it, or start it again; blocks until it answers. Raises StoreUnavailable."""
        ...

    def wait(self) -> str:
        """Block until it has ended; return how, in words."""
        ...

    def stop(self) -> None:
        """Stop it; may be repeated."""
        ...


async def open_store(
    store: Store, clock: Clock, entropy: Entropy, patience_s: float, address: object
) -> None:
    """Wait until the store answers, and say aloud what its settings put at risk.

    Says once that it waits, tries again with back-off, and raises StoreUnavailable after
    ``patience_s``; StoreIncompatible at once. ``str(address)`` is what the operator calls it.
    """
    deadline = clock.steady_ms() + patience_s * 1000
    failures = 0
    warnings: list[str] | None = None
    while warnings is None:
        try:
            warnings = await store.examine()
        except StoreUnavailable as problem:
            pause = doubling_ms(STORE_BACKOFF_MS, failures, entropy.fraction())
            if clock.steady_ms() + pause > deadline:
                raise StoreUnavailable(f"{address}: {problem.reason}") from problem
            level = logging.WARNING if failures == 0 else logging.DEBUG
            log.log(level, "%s; waiting for %s", problem, address)
            failures += 1
            await asyncio.sleep(pause / 1000)
    if failures:
        log.info("the store is there")
    for warning in warnings:
        log.warning("%s", warning)
