"""The scripts as a walk over both stores needs them: few tasks come to where many else would."""

from gofer.adapters.redis.scripts import read_scripts, read_shared

LEAST = "LEAF_MARK = 12, 4, 'g'"
"""How many tasks of a call share a leaf of the index, in ``lua/shared/leaves.lua``."""


def scripts_with_a_clock() -> dict[str, str]:
    """Return the scripts, with a key that the machine sets in the place of the server's TIME.

    So an expired lease needs no waiting. Two tasks that come together share a leaf, not only four.
    """
    sources: dict[str, str] = {}
    assert LEAST in read_shared()["leaves"]
    for name, source in read_scripts().items():
        assert source.count("redis.call('TIME')") == 1, name
        sources[name] = source.replace(
            "redis.call('TIME')", "redis.call('LRANGE', P .. 'clock', 0, -1)"
        ).replace(LEAST, LEAST.replace("4", "2"))
    return sources
