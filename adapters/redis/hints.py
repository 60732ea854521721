"""Listening for work, for tasks that are handed over, and for cancels.

First a script that takes what is there, then a blocking pop. The script also says who listens,
which holds for a minute, so it is called only now and then: a task alone is spared a round trip.
The pop has a connection of its own; the credit is written there, in the same breath.
The inbox goes before all else: under load the bell rings all the time, and a cancel must not wait
behind it. Hints may be lost with a broken connection; they are never the truth.
"""

import logging
import time

from ...domain.identifiers import TaskId
from ...domain.ports import Credit, Hint, Leased
from . import codec
from .driver import Driver
from .framing import unframe
from .keys import Keys
from .record import word
from .wire import Command

log = logging.getLogger(__name__)

GRACE_S = 2.0
"""How much later than asked the server may answer a blocking pop before we call it silent."""

SAID_S = 10.0
"""For so long the script that says who listens is not called again: a small part of the time for
which the server takes its word (LISTENER_MS, lua/shared/bell.lua)."""

STALE_S = 0.5
"""So long after it should have been replaced a credit is forgotten: nothing is to be handed over to
a dispatcher that is gone or stands still."""

NOTHING = Hint()
"""Time is up."""

INBOX_AT_ONCE = 1_000
"""Most cancelled ids that are taken at once: Lua hands them on as arguments."""


class Hints:
    """The doorbell and the inboxes of one shard, and what is handed over there."""

    def __init__(self, driver: Driver, blocking: Driver, keys: Keys) -> None:
        self._driver = driver
        self._blocking = blocking
        self._keys = keys
        self._said = "", 0.0
        self._named = "", (b"", b"", b"", b"")

    async def listen(self, owner: str, timeout_s: float, credit: Credit | None) -> Hint:
        """Return what there is to tell ``owner``, after at most ``timeout_s``."""
        now = time.monotonic()
        said, self._said = self._said, ("", 0.0)  # what holds after a call that fails is not known
        hint = NOTHING
        told = "" if credit is None else _written(credit)
        if timeout_s <= 0 or said[0] != owner or now - said[1] > SAID_S:
            hint = await self._at_once(owner, told)
            said = owner, now
        if hint is NOTHING and timeout_s > 0:
            hint = await self._popped(owner, timeout_s, told)
        self._said = said
        return hint

    async def hush(self, owner: str) -> Hint:
        """Take the credit back; return what was handed over before."""
        elements = unframe(await self._driver.run("hush", owner))
        return Hint(tasks=tuple(task for each in elements for task in _handed(each)))

    async def _popped(self, owner: str, timeout_s: float, told: str) -> Hint:
        credited, inbox, handed, bell = self._names(owner)
        credit: Command = ("UNLINK", credited)
        if told:
            until_ms = round((timeout_s + STALE_S) * 1000)
            credit = ("SET", credited, told, "PX", until_ms)
        # the server takes 0 for "for ever"
        pop = ("BLPOP", inbox, handed, bell, f"{max(timeout_s, 0.001):.3f}")
        # a full server refuses the credit, and pops all the same
        popped = await self._blocking.last((credit, pop), timeout_s + GRACE_S)
        if popped is None:
            return NOTHING
        key, element = popped
        if key == handed:
            return Hint(tasks=_handed(element))
        if key == bell:
            return Hint(work=True)
        rest = await self._at_once(owner, "")
        cancelled = (TaskId(element.decode()), *rest.cancelled)
        return Hint(rest.work, cancelled, rest.tasks)

    def _names(self, owner: str) -> tuple[bytes, bytes, bytes, bytes]:
        """Return the keys of credit, inbox, tasks and bell; one process has one owner."""
        if self._named[0] != owner:
            keys = self._keys
            names = keys.credit(owner), keys.inbox(owner), keys.handed(owner), keys.bell(owner)
            credit, inbox, handed, bell = (name.encode() for name in names)
            self._named = owner, (credit, inbox, handed, bell)
        return self._named[1]

    async def _at_once(self, owner: str, told: str) -> Hint:
        answer = await self._driver.run("listen", owner, INBOX_AT_ONCE, told)
        work, handed, *cancelled = unframe(answer)
        if not (work or handed or cancelled):
            return NOTHING
        tasks = _handed(handed) if handed else ()
        return Hint(work == b"1", tuple(TaskId(each.decode()) for each in cancelled), tasks)


def _written(credit: Credit) -> str:
    """Return a credit as the scripts read it: see lua/shared/handing.lua."""
    wants = [f" {tag} {most}" for tag, most in credit.wants.items() if most > 0]
    return f"{word(credit.token)} {credit.lease_ms}{''.join(wants)}"


def _handed(element: bytes) -> tuple[Leased, ...]:
    """Return what was handed over with one submit."""
    found = codec.handed(element)
    for problem in found.unreadable:
        # the others are none the worse; it fails once its lease has ended too often
        log.error("handed over, and left until its lease ends: %s", problem)
    return tuple([leased for leased, _ in found.tasks])
