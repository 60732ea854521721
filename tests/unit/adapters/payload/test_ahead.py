"""Long payloads are looked at before they are needed, in a thread."""

import pickle

import pytest

from gofer.adapters.payload import PickleInspector
from gofer.adapters.payload.inspector import LONG_WALK_BYTES
from gofer.domain.errors import InvalidPayload
from tests.support.original_client import dumps


def long_payload() -> bytes:
    return pickle.dumps(list(range(LONG_WALK_BYTES)))


async def test_a_long_payload_that_was_looked_at_ahead_is_not_walked_again() -> None:
    inspector, payload = PickleInspector(), long_payload()
    async with inspector.ahead([payload]):
        first = inspector.inspect(payload)
        assert first.size == len(payload)
        assert inspector.inspect(payload) is first
        assert inspector.inspect(bytes(bytearray(payload))) is not first
    assert inspector.inspect(payload) is not first


async def test_what_is_no_pickle_among_long_payloads_is_refused_alone() -> None:
    inspector, payload = PickleInspector(), long_payload()
    cut, plain = payload[:-1], dumps((1, 2))
    async with inspector.ahead([payload, cut, plain]):
        for look in (inspector.inspect, inspector.check):
            look(payload)
            look(plain)
            with pytest.raises(InvalidPayload, match="ends before"):
                look(cut)


async def test_a_short_payload_is_left_to_inspect() -> None:
    inspector, payload = PickleInspector(), b"\x80\x04"
    async with inspector.ahead([payload]):
        with pytest.raises(InvalidPayload):
            inspector.inspect(payload)
