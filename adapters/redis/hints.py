"""Listening for work and for cancels: a script that takes what is there, then a blocking pop.

The script also says who listens, which holds for a minute, so it is called only now and then: a
task alone is spared a round trip. The pop has a connection of its own.
The inbox goes before the bell: under load the bell rings all the time, and a cancel must not wait
behind it. Hints may be lost with a broken connection; they are never the truth.
"""

import asyncio

from ...domain.errors import StoreUnavailable
from ...domain.identifiers import TaskId
from ...domain.ports import Hint
from .driver import Driver
from .framing import unframe
from .keys import Keys

GRACE_S = 2.0
"""How much later than asked the server may answer a blocking pop before we call it silent."""

SAID_S = 10.0
"""For so long the script that says who listens is not called again: a small part of the time for
which the server takes its word (LISTENER_MS, lua/shared/bell.lua)."""

INBOX_AT_ONCE = 1_000
"""Most cancelled ids that are taken at once: Lua hands them on as arguments."""


class Hints:
    """The doorbell and the inboxes of one shard."""

    def __init__(self, driver: Driver, blocking: Driver, keys: Keys) -> None:
        self._driver = driver
        self._blocking = blocking
        self._keys = keys
        self._said = "", 0.0

    async def listen(self, owner: str, timeout_s: float) -> Hint:
        """Return what there is to tell ``owner``, after at most ``timeout_s``."""
        now = asyncio.get_running_loop().time()
        said, self._said = self._said, ("", 0.0)  # what holds after a call that fails is not known
        hint = Hint()
        if timeout_s <= 0 or said[0] != owner or now - said[1] > SAID_S:
            hint = await self._at_once(owner)
            said = owner, now
        if hint == Hint() and timeout_s > 0:
            hint = await self._popped(owner, timeout_s)
        self._said = said
        return hint

    async def _popped(self, owner: str, timeout_s: float) -> Hint:
        inbox, bell = self._keys.inbox(owner), self._keys.bell(owner)
        # the server takes 0 for "for ever"
        wait_s = f"{max(timeout_s, 0.001):.3f}"
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                popped = await self._blocking.call("BLPOP", inbox, bell, wait_s)
        except TimeoutError as error:
            raise StoreUnavailable("it did not answer in time") from error
        if popped is None:
            return Hint()
        key, element = popped
        if key.decode() == bell:
            return Hint(work=True)
        rest = await self._at_once(owner)
        return Hint(rest.work, (TaskId(element.decode()), *rest.cancelled))

    async def _at_once(self, owner: str) -> Hint:
        work, *cancelled = unframe(await self._driver.run("listen", owner, INBOX_AT_ONCE))
        return Hint(work == b"1", tuple(TaskId(element.decode()) for element in cancelled))
