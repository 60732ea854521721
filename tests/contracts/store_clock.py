"""The scripts by a clock that a test sets, so that an expired lease needs no waiting."""

from gofer.adapters.redis.scripts import read_scripts


def scripts_with_a_clock() -> dict[str, str]:
    """Return the scripts, with a key that the machine sets in the place of the server's TIME."""
    sources: dict[str, str] = {}
    for name, source in read_scripts().items():
        assert source.count("redis.call('TIME')") == 1, name
        sources[name] = source.replace(
            "redis.call('TIME')", "redis.call('LRANGE', P .. 'clock', 0, -1)"
        )
    return sources
