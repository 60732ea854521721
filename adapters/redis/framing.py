"""Many byte strings as one: what the scripts take and answer (``unframe``, lua/shared/unframe.lua).

How many, their lengths, each number as four bytes, the highest first; then the strings themselves.
One long string costs the driver, the protocol and Lua far less than hundreds of short ones:
measured with 100 tasks a call, it halves the client's time. Lengths as bytes instead of digits
make it cheaper still on both sides.
"""

import struct
from collections.abc import Iterable
from itertools import accumulate, pairwise


def frame(items: Iterable[bytes]) -> bytes:
    """Return the items as one string."""
    parts = list(items)
    lengths = struct.pack(f">{len(parts) + 1}I", len(parts), *map(len, parts))
    return lengths + b"".join(parts)


def unframe(blob: bytes) -> list[bytes]:
    """Return the items of a framed string; raise ValueError for one that is not framed."""
    count = int.from_bytes(blob[:4], "big")
    start = 4 + 4 * count
    if len(blob) < max(4, start):
        raise ValueError(f"a frame of {count} items is longer than {len(blob)} bytes")
    lengths = struct.unpack_from(f">{count}I", blob, 4)
    ends = list(accumulate(lengths, initial=start))
    if ends[-1] != len(blob):
        raise ValueError(f"the lengths of a frame say {ends[-1]} bytes, and it has {len(blob)}")
    return [blob[at:past] for at, past in pairwise(ends)]
