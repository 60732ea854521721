"""The original contract's text form of a payload: base64 with a line break every 76 characters.

Original clients send it so, stripped, or on one line. A decoder that drops foreign characters, as
Python's own does by default, would take rubbish for data; this one must never do that.
"""

import base64
import binascii

from ...domain.errors import InvalidPayload

HOW_TO_ENCODE = 'encode with codecs.encode(dill.dumps(obj), "base64").decode()'

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
        dense = text.encode("ascii").translate(None, _WHITESPACE)
        payload = binascii.a2b_base64(dense, strict_mode=True)
    except UnicodeEncodeError:
        problem = "it holds a character outside ASCII"
        raise InvalidPayload(f"the payload is no base64: {problem}; {HOW_TO_ENCODE}") from None
    except binascii.Error as error:
        problem = str(error).lower()
        raise InvalidPayload(f"the payload is no base64: {problem}; {HOW_TO_ENCODE}") from None
    if not payload:
        raise InvalidPayload(f"the payload is empty; {HOW_TO_ENCODE}")
    return payload
