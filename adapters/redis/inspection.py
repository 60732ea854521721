"""Is this a server that we may trust with tasks: the layout that it holds, and its settings.

Asked once, when a process starts; it changes nothing but the version key of an empty store.
"""

from ...domain.errors import StoreIncompatible, StoreUnavailable
from .driver import Driver
from .keys import OLDEST_SCHEMA, SCHEMA, Keys

_LOOKED_AT = ("maxmemory-policy", "appendonly", "appendfsync")
_UNREAD = (
    "the server's settings could not be read ({}): make sure that maxmemory-policy is noeviction"
    " and that an append-only file is kept"
)


async def check_schema(driver: Driver, keys: Keys) -> None:
    """Claim an empty store for this layout; raise StoreIncompatible if it holds one we cannot read.

    An older layout that we read stays as it is marked: older processes may still be at work on it.
    """
    await driver.command("SET", keys.schema, SCHEMA, "NX")
    found = await driver.command("GET", keys.schema)
    shown = "none" if found is None else found[:20].decode("utf-8", "replace")
    version = int(shown) if shown.isascii() and shown.isdecimal() else None
    if version is None:
        advice = "use another database or namespace: this one is not gofer's"
    elif version > SCHEMA:
        advice = "a later gofer wrote it: upgrade this one, or use another namespace"
    elif version < OLDEST_SCHEMA:
        advice = (
            "an earlier gofer wrote it: let that one finish its tasks, or use another namespace"
        )
    else:
        return
    ours = f"{SCHEMA}" if OLDEST_SCHEMA == SCHEMA else f"{OLDEST_SCHEMA} to {SCHEMA}"
    raise StoreIncompatible(f"the store's layout is version {shown}, ours is {ours}: {advice}")


async def check_settings(driver: Driver) -> list[str]:
    """Return warnings about settings; raise StoreIncompatible for those that lose tasks."""
    try:
        settings = [await _setting(driver, name) for name in _LOOKED_AT]
    except StoreUnavailable as error:
        # managed servers forbid CONFIG; if the server is away instead, the next call says so
        return [_UNREAD.format(error.reason)]
    policy, appendonly, appendfsync = settings
    if policy not in {"noeviction", ""}:
        raise StoreIncompatible(
            f"the server's maxmemory-policy is {policy}, which throws tasks away when memory is"
            " full: set it to noeviction (CONFIG SET maxmemory-policy noeviction)"
        )
    warnings: list[str] = []
    if appendonly == "no":
        warnings.append(
            "the server keeps no append-only file: a crash of it loses acknowledged tasks"
            " (CONFIG SET appendonly yes)"
        )
    elif appendfsync == "no":
        warnings.append(
            "the server leaves the writing of its append-only file to the system: a power loss"
            " may cost more than a second (CONFIG SET appendfsync everysec)"
        )
    return warnings


async def _setting(driver: Driver, name: str) -> str:
    """Return one setting; "" if the server has none of this name."""
    answer = await driver.command("CONFIG", "GET", name)
    return answer[1].decode("utf-8", "replace") if answer else ""
