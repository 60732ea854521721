"""A copy of a Redis database, and the way back to it: what a failover does to a store."""

from typing import Any

Copy = dict[bytes, tuple[int, bytes]]
"""What a database holds: for each key the rest of its life in ms (0: no end), and its dump."""


async def copy_of(client: Any) -> Copy:
    """Return a copy of all keys."""
    return {
        key: (max(0, await client.pttl(key)), await client.dump(key))
        for key in await client.keys("*")
    }


async def put_back(client: Any, copy: Copy) -> None:
    """Make a copy the content of the database."""
    await client.flushdb()
    for key, (life_ms, dump) in copy.items():
        await client.restore(key, life_ms, dump)
