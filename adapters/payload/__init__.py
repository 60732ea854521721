"""Payloads as they come and go: base64 text, and bytes that should be a pickle; never run here."""

from .inspector import PickleInspector
from .text import decode_payload, encode_payload

__all__ = ["PickleInspector", "decode_payload", "encode_payload"]
