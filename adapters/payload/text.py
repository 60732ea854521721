"""The original contract's text form of a payload: base64 with a line break every 76 characters.

Original clients send it so, stripped, or on one line. A decoder that drops foreign characters, as
Python's own does by default, would take rubbish for data; this one must never do that.
"""

import base64
import binascii
from collections.abc import Iterator

from ...domain.errors import InvalidPayload

HOW_TO_ENCODE = 'encode with codecs.encode(dill.dumps(obj), "base64").decode()'

SLICE_CHARS = 256 * 1024
"""Longer texts are decoded in slices of this, 3 ms each: in a thread, others get a turn between."""

_WHITESPACE = b" \t\r\n\v\f"


def encode_payload(payload: bytes) -> str:
    """Return the original form: base64, a line break after every 76 characters and at the end."""
    return base64.encodebytes(payload).decode("ascii")


def decode_payload(text: str) -> bytes:
    """Return the bytes behind base64 ``text``, with or without line breaks and white space.

    Raises InvalidPayload, which says what to do, for an empty text, a character outside the
    alphabet (a lenient decoder would drop it and return other bytes) and wrong padding.
    """
    try:
        payload = b"".join(_slices(text))
    except UnicodeEncodeError:
        problem = "it holds a character outside ASCII"
        raise InvalidPayload(f"the payload is no base64: {problem}; {HOW_TO_ENCODE}") from None
    except binascii.Error as error:
        problem = str(error).lower()
        raise InvalidPayload(f"the payload is no base64: {problem}; {HOW_TO_ENCODE}") from None
    if not payload:
        raise InvalidPayload(f"the payload is empty; {HOW_TO_ENCODE}")
    return payload


def _slices(text: str) -> Iterator[bytes]:
    """Decode slice by slice; raise UnicodeEncodeError or binascii.Error."""
    held = b""
    for first in range(0, len(text), SLICE_CHARS):
        dense = held + text[first : first + SLICE_CHARS].encode("ascii").translate(
            None, _WHITESPACE
        )
        if first + SLICE_CHARS >= len(text):
            yield binascii.a2b_base64(dense, strict_mode=True)
            return
        # the last four characters are held back: only the very last ones may be padding
        whole = max(0, len(dense) // 4 * 4 - 4)
        held = dense[whole:]
        if dense[:whole].endswith(b"="):
            raise binascii.Error("Excess data after padding")
        yield binascii.a2b_base64(dense[:whole], strict_mode=True)
