"""What an original client does with its values: dill and base64, typed.

dill has no types of its own; this is the one place where the tests meet that.
"""

import codecs
from typing import Any, cast

import dill  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs]

_dill = cast("Any", dill)


def dumps(value: object, protocol: int | None = None, *, recurse: bool = False) -> bytes:
    """Return the pickle of a value, as dill makes it."""
    return bytes(_dill.dumps(value, protocol=protocol, recurse=recurse))


def loads(pickled: bytes) -> Any:
    """Return the value of a pickle."""
    return _dill.loads(pickled)


def serialize(value: object) -> str:
    """Return the text that an original client sends for a value."""
    return codecs.encode(dumps(value), "base64").decode()


def deserialize(text: str) -> Any:
    """Return the value of a text, as an original client reads it."""
    return loads(codecs.decode(text.encode(), "base64"))
