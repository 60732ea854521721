"""Payloads as they come and go: base64, plain data, bytes that should be a pickle; never run."""

from .inspector import PickleInspector
from .reading import json_of
from .text import decode_payload, encode_payload
from .writing import write_call

__all__ = ["PickleInspector", "decode_payload", "encode_payload", "json_of", "write_call"]
