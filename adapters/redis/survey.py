"""A look at a server that changes nothing in it: for diagnosis, from outside of the store."""

from typing import Any

from ...domain.ports.survey import StoreFacts
from .driver import Driver, open_clients
from .inspection import check_settings
from .keys import Keys
from .options import StoreOptions


class RedisSurvey:
    """Looks at the server behind a URL, over connections of its own."""

    def __init__(self, url: str) -> None:
        """Take the server's URL; raise InvalidInput for one that is none."""
        options = StoreOptions()
        self._keys = Keys(options.namespace, options.shard)
        self._clients = open_clients(url, options.timeouts)

    async def facts(self) -> StoreFacts:
        """Return what is there; three commands and those that look at the settings."""
        driver, unused = (Driver(client, self._keys.prefix, {}) for client in self._clients)
        try:
            state: dict[str, Any] = await driver.command("INFO")
            seconds, microseconds = await driver.command("TIME")
            layout = await driver.command("GET", self._keys.schema)
            risks = await check_settings(driver)
        finally:
            await driver.close()
            await unused.close()
        valkey = state.get("valkey_version")
        return StoreFacts(
            server="Valkey" if valkey else "Redis",
            version=str(valkey or state.get("redis_version", "unknown")),
            layout="" if layout is None else layout[:20].decode("utf-8", "replace"),
            time_ms=int(seconds) * 1000 + int(microseconds) / 1000,
            memory_bytes=int(state.get("used_memory", 0)),
            memory_limit_bytes=int(state.get("maxmemory", 0)),
            risks=tuple(risks),
        )
