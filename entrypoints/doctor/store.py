"""The store that the settings name: there, usable, its clock, what its settings put at risk."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from ...domain.errors import InvalidInput, StoreIncompatible, StoreUnavailable
from ...domain.ports.survey import StoreFacts, StoreSurvey
from ..container import Container
from ..settings import Settings
from .findings import Finding, fail, ok, warn

SKEW_S = 1.0
"""Clocks further apart than this make times in answers and logs hard to compare."""

MIB = 1024 * 1024
FULL = 0.9


def look_at_store(settings: Settings, *, named: bool, served: bool) -> Iterator[Finding]:
    """Yield how the store stands; it is only looked at.

    ``named`` says that somebody chose it; a default that is not there matters to nobody while a
    service is ``served`` from another one.
    """
    if settings.store.kind != "redis":
        yield ok("store", f"{settings.store}: belongs to the process that opens it (gofer up)")
        return
    began = time.time()
    try:
        facts = asyncio.run(_facts(settings))
    except StoreUnavailable as problem:
        text = f"{settings.store} does not answer: {problem.reason}"
        if served and not named:
            yield ok("store", f"{text}; the service has another one, and says that it is ready")
        else:
            do = "start it, set GOFER_STORE to where it is, or use the bundled one: gofer up"
            yield fail("store", text, do)
        return
    except (InvalidInput, StoreIncompatible) as problem:
        yield fail("store", f"{settings.store}: {problem}", "docs/store.md says what it has to be")
        return
    yield from _look_at_facts(settings, facts, (began + time.time()) / 2)


async def _facts(settings: Settings) -> StoreFacts:
    container: Any = Container(settings=settings)  # its providers are typed in part only
    survey: StoreSurvey = container.survey()
    return await survey.facts()


def _look_at_facts(settings: Settings, facts: StoreFacts, now: float) -> Iterator[Finding]:
    layout = f"layout {facts.layout}" if facts.layout else "no tasks of gofer's in it yet"
    yield ok("store", f"{settings.store}: {facts.server} {facts.version}, {layout}")
    for risk in facts.risks:
        yield warn("store", risk, "docs/store.md weighs it")
    if facts.memory_limit_bytes and facts.memory_bytes > FULL * facts.memory_limit_bytes:
        text = f"{facts.memory_bytes // MIB} of {facts.memory_limit_bytes // MIB} MiB are used"
        yield warn("store", text, "raise maxmemory, or lower GOFER_RETENTION_S")
    yield clock_finding("store", facts.time_ms / 1000 - now)


def clock_finding(whose: str, skew_s: float, known_to_s: float = 0.0) -> Finding:
    """Return how far a clock is ahead of ours, where that is ``known_to_s`` seconds."""
    if abs(skew_s) <= SKEW_S + known_to_s:
        exact = (
            f"{skew_s * 1000:+.0f} ms" if not known_to_s else f"within {SKEW_S + known_to_s:g} s"
        )
        return ok("clock", f"the {whose}'s clock and this machine's: {exact}")
    side = "ahead of" if skew_s > 0 else "behind"
    text = f"the {whose}'s clock is {abs(skew_s):.1f} s {side} this machine's"
    return warn("clock", text, "synchronise both with NTP (chrony, systemd-timesyncd)")
