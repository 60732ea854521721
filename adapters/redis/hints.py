"""Listening for work and for cancels: one blocking pop on a connection of its own.

The inbox goes before the bell: under load the bell rings all the time, and a cancel must not
wait behind it. Hints may be lost with a broken connection; they are never the truth.
"""

import asyncio

from ...domain.errors import StoreUnavailable
from ...domain.identifiers import TaskId
from ...domain.ports import Hint
from .driver import Driver
from .keys import Keys

GRACE_S = 2.0
"""How much later than asked the server may answer a blocking pop before we call it silent."""

INBOX_AT_ONCE = 10_000


class Hints:
    """The doorbell and the inboxes of one shard."""

    def __init__(self, driver: Driver, blocking: Driver, keys: Keys) -> None:
        self._driver = driver
        self._blocking = blocking
        self._keys = keys

    async def listen(self, owner: str, timeout_s: float) -> Hint:
        """Return what there is to tell ``owner``, after at most ``timeout_s``."""
        inbox = self._keys.inbox(owner)
        if timeout_s <= 0:
            cancelled = await self._cancelled(inbox)
            if cancelled:
                return Hint(cancelled=cancelled)
            return Hint(work=await self._driver.command("LPOP", self._keys.bell) is not None)
        # the server takes 0 for "for ever"
        wait_s = f"{max(timeout_s, 0.001):.3f}"
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                popped = await self._blocking.command("BLPOP", inbox, self._keys.bell, wait_s)
        except TimeoutError as error:
            raise StoreUnavailable("it did not answer in time") from error
        if popped is None:
            return Hint()
        key, element = popped
        if key.decode() == self._keys.bell:
            return Hint(work=True)
        return Hint(cancelled=(TaskId(element.decode()), *await self._cancelled(inbox)))

    async def _cancelled(self, inbox: str) -> tuple[TaskId, ...]:
        found = await self._driver.command("LPOP", inbox, INBOX_AT_ONCE)
        return tuple(TaskId(element.decode()) for element in found or ())
