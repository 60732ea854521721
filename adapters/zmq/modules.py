"""The names of a worker's modules as they travel: compressed, and within a bound.

Some hundred names are usual; compressed they are two or three KiB, said once a session.
"""

import zlib
from collections.abc import Sequence

NAMES_BYTES = 64 * 1024
"""Of all names together; those past it are not told, and not read."""


def packed(names: Sequence[str]) -> bytes:
    """Return names as they travel; those that do not fit are left out."""
    lines: list[bytes] = []
    size = 0
    for name in names:
        line = name.encode("utf-8", "replace")
        size += len(line) + 1
        if size > NAMES_BYTES:
            break
        lines.append(line)
    return zlib.compress(b"\n".join(lines)) if lines else b""


def unpacked(blob: bytes) -> tuple[str, ...]:
    """Return the names; none for bytes that are no such thing: nothing is decided by them."""
    try:
        names = zlib.decompressobj().decompress(blob, NAMES_BYTES)
    except zlib.error:
        return ()
    return tuple(name for name in names.decode("utf-8", "replace").split("\n") if name)
