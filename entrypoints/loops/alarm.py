"""One timer for a core: set anew after each event, so that nothing wakes up before it is due."""

import asyncio
from math import inf


class Alarm:
    """Rings once the moment of the last ``set`` has come; for one event loop and one waiter."""

    def __init__(self) -> None:
        """Set nothing yet."""
        self._rung = asyncio.Event()
        self._handle: asyncio.TimerHandle | None = None
        self._at_ms = inf

    def set(self, at_ms: float, now_ms: float) -> None:
        """Ring at ``at_ms`` (steady time, ms), and no more at the moment that was set before."""
        if at_ms == self._at_ms and self._handle is not None:
            return
        self.stop()
        self._at_ms = at_ms
        if at_ms != inf:
            loop = asyncio.get_running_loop()
            self._handle = loop.call_later(max(0.0, (at_ms - now_ms) / 1000), self._ring)

    def stop(self) -> None:
        """Ring no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    async def ring(self) -> None:
        """Wait until it rings."""
        await self._rung.wait()
        self._rung.clear()

    def _ring(self) -> None:
        self._handle = None
        self._rung.set()
