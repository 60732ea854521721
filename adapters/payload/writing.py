"""Writes plain data as a pickle: the arguments that came as JSON, or as msgpack.

Only writes, and only what every Python reads back to the same value, whatever is installed there:
None, booleans, numbers, texts, bytes, lists and dictionaries. Nothing in such a pickle names a
class or a function.
"""

import io
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

from ...domain.errors import InvalidPayload

PROTOCOL = 4
"""Read by every Python from 3.4 on: the worker's may be older than ours."""


def write_call(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    """Return the pickle of ``(tuple(args), dict(kwargs))``.

    Raises InvalidPayload for a value that is no plain data, and for nesting that is too deep for
    a pickler. Takes 2 us for a few small values, and about 15 ms a MiB of many small ones.
    """
    stream = io.BytesIO()
    try:
        _PlainPickler(stream, PROTOCOL).dump((tuple(args), dict(kwargs)))
    except RecursionError:
        raise InvalidPayload("the arguments are nested too deep; send a payload instead") from None
    return stream.getvalue()


class _PlainPickler(pickle.Pickler):
    """A pickler that refuses what it would have to name."""

    def reducer_override(self, obj: object) -> Any:
        """Refuse: whatever is asked for here is none of pickle's own plain types."""
        kind = type(obj).__name__
        raise InvalidPayload(f"a value of the arguments is no plain data ({kind}); send a payload")
