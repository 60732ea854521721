"""Is this a server that we may trust with tasks: the layout that it holds, and its settings.

Asked once, when a process starts; it changes nothing but the version key of an empty store. What
would lose tasks in ordinary operation is refused; what a crash, a power loss or a failover could
cost is said, with what to do; a server that is a replica is waited for.
"""

import re
from collections.abc import Iterator, Mapping

from ...domain.errors import StoreIncompatible, StoreUnavailable
from .disk import kept_in_memory
from .driver import Driver
from .keys import OLDEST_SCHEMA, SCHEMA, Keys

OLDEST = (6, 2)
"""The first version that has LPOP with a count, which ``claim`` uses."""

_LOOKED_AT = (
    "maxmemory-policy",
    "appendonly",
    "appendfsync",
    "no-appendfsync-on-rewrite",
    "save",
    "dir",
    "min-replicas-to-write",
)
_UNREAD = (
    "the server's settings could not be read ({}): make sure that maxmemory-policy is noeviction"
    " and that an append-only file is kept (a user of its own may be given +config|get and +info)"
)

Facts = Mapping[str, str]
"""Settings by the names of CONFIG, state by the names of INFO; those that are unknown are not in
it."""


async def claim_layout(driver: Driver, keys: Keys) -> None:
    """Write the layout's version into an empty store; into any other it writes nothing.

    A server that takes no writes refuses even that, so it shows whether tasks could be taken.
    """
    await driver.command("SET", keys.schema, SCHEMA, "NX")


async def check_schema(driver: Driver, keys: Keys) -> None:
    """Claim an empty store for this layout; raise StoreIncompatible if it holds one we cannot read.

    An older layout that we read stays as it is marked: older processes may still be at work on it.
    """
    await claim_layout(driver, keys)
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
    """Return warnings about the server.

    Raises StoreIncompatible for settings that lose tasks, and StoreUnavailable for a replica.
    """
    state, unread = await _state(driver)
    settings, refused = await _settings(driver)
    refuse(state, settings)
    warnings = list(risks(state, settings))
    if refused:
        warnings.append(_UNREAD.format(refused))
    elif unread:
        warnings.append(f"the server's version and role could not be read ({unread})")
    return warnings


def refuse(state: Facts, settings: Facts) -> None:
    """Raise StoreIncompatible for what would lose tasks, StoreUnavailable for a replica."""
    policy = settings.get("maxmemory-policy") or state.get("maxmemory_policy") or "noeviction"
    if policy != "noeviction":
        raise StoreIncompatible(
            f"the server's maxmemory-policy is {policy}, which throws tasks away when memory is"
            " full: set it to noeviction (CONFIG SET maxmemory-policy noeviction)"
        )
    version = state.get("redis_version", "")
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is not None and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise StoreIncompatible(
            f"the server is version {version}; gofer needs Redis 6.2 or newer, or Valkey"
        )
    if state.get("role") == "slave":  # one that is read-only has refused a write before
        raise StoreUnavailable(
            "it is a replica, and what is written to a replica is lost: name its master"
        )


def risks(state: Facts, settings: Facts) -> Iterator[str]:
    """Yield what could cost acknowledged tasks, and what to do about it."""
    appendonly = settings.get("appendonly") or {"1": "yes", "0": "no"}.get(
        state.get("aof_enabled", "")
    )
    if appendonly == "no" and settings.get("save") == "":
        yield (
            "the server keeps nothing on its disk: when it ends, however it does, all tasks are"
            " lost (CONFIG SET appendonly yes)"
        )
    elif appendonly == "no":
        yield (
            "the server keeps no append-only file: a crash of it loses the tasks that were"
            " acknowledged since its last snapshot (CONFIG SET appendonly yes)"
        )
    elif settings.get("appendfsync") == "no":
        yield (
            "the server leaves the writing of its append-only file to the system: a power loss"
            " may cost more than a second (CONFIG SET appendfsync everysec)"
        )
    elif settings.get("no-appendfsync-on-rewrite") == "yes":
        yield (
            "the server does not flush its append-only file while it rewrites it: a power loss then"
            " may cost more than a second (CONFIG SET no-appendfsync-on-rewrite no)"
        )
    if state.get("aof_last_write_status", "ok") != "ok":
        yield "the server could not write its append-only file lately: look at its disk"
    if kept_in_memory(settings.get("dir", ""), state.get("process_id", "")):
        yield (
            f"the server's directory {settings['dir']} is in memory (tmpfs): a restart of this"
            " machine loses all tasks"
        )
    if state.get("cluster_enabled") == "1":
        yield (
            "the server is a node of a Redis Cluster: gofer talks to this node alone, and stands"
            " still when its keys move to another one"
        )
    replicas = state.get("connected_slaves", "0")
    if replicas != "0" and settings.get("min-replicas-to-write") == "0":
        yield (
            f"the server has replicas ({replicas}) and does not wait for them: a failover loses the"
            " last writes (CONFIG SET min-replicas-to-write 1 makes that window smaller)"
        )


async def _state(driver: Driver) -> tuple[Facts, str]:
    """Return what INFO says, and why it says nothing (else "")."""
    try:
        answer = await driver.command("INFO")
    except StoreUnavailable as error:
        # managed servers may forbid it; if the server is away instead, the next call says so
        return {}, error.reason
    return {str(name): str(value) for name, value in answer.items()}, ""


async def _settings(driver: Driver) -> tuple[Facts, str]:
    """Return the settings that we look at, and why there are none (else "")."""
    settings: dict[str, str] = {}
    try:
        for name in _LOOKED_AT:
            answer = await driver.command("CONFIG", "GET", name)
            if answer:  # a server need not have every setting
                settings[name] = answer[1].decode("utf-8", "replace")
    except StoreUnavailable as error:
        return {}, error.reason  # most managed servers forbid CONFIG
    return settings, ""
