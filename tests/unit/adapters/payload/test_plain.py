"""Payloads known at sight: what they may be is accepted by the walk, and by unpicklers."""

import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gofer.adapters.payload import PickleInspector
from gofer.adapters.payload.plain import LONGEST_BYTES, recognised
from tests.support.original_client import dumps

INSPECTOR = PickleInspector()
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**400), 2**400),
    st.integers(-300, 70_000),
    st.floats(),
    st.text(max_size=60),
    st.text(st.characters(max_codepoint=127), max_size=60),
    st.binary(max_size=60),
    st.sampled_from([(), [], {}]),
)
DEEPER = st.one_of(ATOMS, st.lists(ATOMS, max_size=3), st.tuples(ATOMS), st.sets(st.integers()))
ARGUMENTS = st.tuples(
    st.lists(DEEPER, max_size=6).map(tuple),
    st.dictionaries(st.text(max_size=9), DEEPER, max_size=4),
)
PROTOCOLS = st.integers(2, 5)
EDITS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 258)), max_size=4)


class StrictUnpickler(pickle._Unpickler):  # pyright: ignore[reportPrivateUsage]
    """The unpickler in Python, which dill's is made of; it imports nothing."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name}")


class SwiftUnpickler(pickle.Unpickler):
    """The unpickler in C; it imports nothing."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name}")


def edited(payload: bytes, edits: list[tuple[int, int]]) -> bytes:
    """Return a payload with bytes replaced (below 256), taken out (256), doubled (257), added."""
    data = bytearray(payload)
    for place, value in edits:
        at = place % max(1, len(data))
        if value < 256:
            data[at : at + 1] = bytes([value])
        elif value == 258:
            data[at:at] = b"N"
        else:
            data[at : at + 1] = data[at : at + 1] * (value - 256) * 2
    return bytes(data)


def holds_up(payload: bytes) -> bool:
    """See that the walk and both unpicklers accept a payload, and what comes of it."""
    assert INSPECTOR.inspect(payload).size == len(payload)
    for unpickler in (StrictUnpickler, SwiftUnpickler):
        stream = io.BytesIO(payload)
        loaded: tuple[tuple[Any, ...], dict[Any, Any]] = unpickler(stream).load()
        args, kwargs = loaded
        assert (type(args), type(kwargs)) == (tuple, dict)
        assert all(type(key) is str for key in kwargs)
        assert stream.read() == b""
    return True


@given(ARGUMENTS, PROTOCOLS, EDITS)
@example(((1,), {}), 4, [(3, 8)])
@example(((1,), {}), 4, [(3, 10)])
def test_what_is_known_at_sight_is_a_whole_pickle_of_arguments(
    arguments: object, protocol: int, edits: list[tuple[int, int]]
) -> None:
    payload = edited(pickle.dumps(arguments, protocol), edits)
    assert not recognised(payload) or holds_up(payload)


@given(st.binary(max_size=4).map(lambda tail: b"\x80\x04" + tail + b"N\x85}\x86."))
def test_nothing_is_known_at_sight_that_the_walk_refuses(payload: bytes) -> None:
    assert not recognised(payload) or holds_up(payload)


def call(*args: object, **kwargs: object) -> object:
    """Return the arguments of a call, as payloads carry them."""
    return args, kwargs


@pytest.mark.parametrize("dump", [dumps, pickle.dumps])
@pytest.mark.parametrize(
    "arguments",
    [
        call(),
        call(1),
        call(1, 70_000, -5, 2**40),
        call(None, 1.5, verbose=False, quiet=True),
        call("text", name="value", other=b"bytes"),
        call([], {}, ()),
        call(b"x" * 1024),
        call(b"x" * 30_000),
    ],
)
def test_common_arguments_are_known_at_sight(
    arguments: object, dump: Callable[[object], bytes]
) -> None:
    payload = dump(arguments)
    assert recognised(payload)
    assert holds_up(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80",
        b"\x80\x04",
        dumps(call(1))[:-1],
        dumps(call(1)) + b".",
        dumps(call(b"x" * 2000))[:-1],
        dumps(call(b"x" * 2000)) + b"N",
        dumps(call(b"x" * 2000)).replace(b"\xd0\x07", b"\xff\xff"),
        dumps(1),
        b"\x80\x01)}\x86.",
        b"\x80\x06)}\x86.",
        b"\x80\x04)}(K\x01K\x02u\x86.",
        b"\x80\x04)}(\x8c\x01au\x86.",
        b"\x80\x04cos\nsystem\n)R.",
        b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00)}\x86.",
    ],
)
def test_what_is_cut_off_or_strange_is_left_to_the_walk(payload: bytes) -> None:
    assert not recognised(payload)


def test_no_payload_takes_long_to_be_left_to_the_walk() -> None:
    """An expression that tried every way to read these would not end before the test's limit."""
    for filler in (b"N", b")", b"K\x01", b"\x8c\x00", b"\x8c\x01a\x94", b"}\x94", b"C\x00\x94"):
        many = LONGEST_BYTES // len(filler) - 8
        for start in (
            b"\x80\x04",
            b"\x80\x04(",
            b"\x80\x04)}(",
            b"\x80\x04(" + filler * 9 + b"t}(",
        ):
            assert not recognised(start + filler * many)
