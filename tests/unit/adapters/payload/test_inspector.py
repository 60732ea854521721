"""The form of pickles: real ones pass, anything else is refused, and nothing is ever run."""

import io
import pickle
import pickletools
import struct
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gofer.adapters.payload import PickleInspector
from gofer.domain.errors import InvalidPayload
from tests.support.original_client import dumps

INSPECTOR = PickleInspector()

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.binary(max_size=9).map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
        | st.frozensets(st.integers(), max_size=5)
        | st.sets(st.text(max_size=3), max_size=5)
    ),
    max_leaves=20,
)
PROTOCOLS = st.integers(2, pickle.HIGHEST_PROTOCOL)


def factorial(n: int) -> int:
    return 1 if n < 2 else n * factorial(n - 1)


def closure(by: int) -> Callable[[int], int]:
    return lambda x: x * by


class Shape:
    """An object with state, a class that is pickled by reference or by value."""

    def __init__(self) -> None:
        self.sides = [1, 2, 3]


FUNCTIONS: list[Any] = [factorial, closure(3), Shape, Shape(), len, "".join, Exception, io.StringIO]

SAMPLES = [
    dumps(closure(2), recurse=True),
    dumps(((1, "two", 3.0), {"four": [4, {5}]})),
    pickle.dumps({"key": [b"bytes" * 60, "text" * 90, 2**70, None, True]}, 2),
    pickle.dumps([Shape(), Shape(), frozenset({1})], 5),
]


def changed(sample: bytes, edits: list[tuple[int, int]]) -> bytes:
    """Return a pickle with some bytes replaced (below 256), taken out (256) or doubled (257)."""
    data = bytearray(sample)
    for place, value in edits:
        at = place % max(1, len(data))
        if value < 256:
            data[at : at + 1] = bytes([value])
        else:
            data[at : at + 1] = data[at : at + 1] * (value - 256) * 2
    return bytes(data)


def refused(payload: bytes) -> str:
    """Return why a payload is refused."""
    with pytest.raises(InvalidPayload) as caught:
        INSPECTOR.inspect(payload)
    return str(caught.value)


# ---------------------------------------------------------------- what passes


@given(VALUES, PROTOCOLS)
def test_every_pickle_of_plain_data_passes(value: object, protocol: int) -> None:
    payload = pickle.dumps(value, protocol)
    seen = INSPECTOR.inspect(payload)
    assert (seen.size, seen.protocol) == (len(payload), protocol)
    assert seen.opcodes == sum(1 for _ in pickletools.genops(payload))


def named(function: object) -> str:
    """Return a name that is the same in every run, unlike a repr with an address."""
    return str(getattr(function, "__qualname__", type(function).__name__))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", FUNCTIONS, ids=named)
def test_every_function_that_dill_pickles_passes(function: object, protocol: int) -> None:
    plain, recursive = dumps(function, protocol), dumps(function, protocol, recurse=True)
    assert INSPECTOR.inspect(plain).size == len(plain)
    assert INSPECTOR.inspect(recursive).size == len(recursive)


def test_the_environment_is_never_guessed() -> None:
    assert INSPECTOR.inspect(dumps(closure(2))).environment is None


@pytest.mark.parametrize("payload", [b"\x80\x04N(0.", b"\x80\x04NN0."])
def test_a_pickle_may_drop_values_and_marks_if_a_value_is_left(payload: bytes) -> None:
    assert pickle.loads(payload) is None
    assert INSPECTOR.inspect(payload).size == len(payload)


# ---------------------------------------------------------------- what does not


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_pickle_that_was_cut_anywhere_is_refused(sample: bytes) -> None:
    for length in range(len(sample)):
        with pytest.raises(InvalidPayload):
            INSPECTOR.inspect(sample[:length])


@pytest.mark.parametrize("sample", SAMPLES)
def test_bytes_after_the_end_are_refused(sample: bytes) -> None:
    assert "bytes follow the end" in refused(sample + b".")
    assert "bytes follow the end" in refused(sample + sample)


@pytest.mark.parametrize("payload", [b"(lp0\n.", b"\x80\x00N.", b"\x80\x01N.", b"\x80\x06N."])
def test_other_protocols_than_2_to_5_are_refused(payload: bytes) -> None:
    assert "pickle" in refused(payload)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"\x80", "no pickle"),
        (b"payload", "no pickle"),
        (b"\x80\x04.", "out of place"),
        (b"\x80\x04(.", "out of place"),
        (b"\x80\x04N\x80\x04.", "out of place"),
        (b"\x80\x04\xff.", "no opcode"),
        (b"\x80\x04\x85.", "not there"),
        (b"\x80\x04N(\x85.", "not there"),
        (b"\x80\x04t.", "without a mark"),
        (b"\x80\x04(e.", "not there"),
        (b"\x80\x04(NNu.", "not there"),
        (b"\x80\x04(o.", "not there"),
        (b"\x80\x040N.", "not there"),
        (b"\x80\x04q\0N.", "not there"),
        (b"\x80\x02Pid\nN.", "persistent id"),
        (b"\x80\x02NQ.", "persistent id"),
        (b"\x80\x05\x97.", "buffer"),
        (b"\x80\x05N\x98.", "buffer"),
        (b"\x80\x04\x8c\x01\xff.", "UTF-8"),
        (b"\x80\x04X\x01\0\0\0\xff.", "UTF-8"),
        (b"\x80\x02Inumber\n.", "malformed"),
        (b"\x80\x02S'\\z'\n.", "malformed"),
        (b"\x80\x02cos\nsystem", "malformed"),
        (b"\x80\x04\x95\xff\0\0\0\0\0\0\0N.", "ends before"),
    ],
)
def test_malformed_pickles_are_refused_with_the_reason(payload: bytes, reason: str) -> None:
    assert reason in refused(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b".",  # BINBYTES8 of 1 TiB
        b"\x80\x04\x8d" + struct.pack("<Q", (1 << 64) - 1) + b".",  # BINUNICODE8
        b"\x80\x05\x96" + struct.pack("<Q", 1 << 50) + b".",  # BYTEARRAY8
        b"\x80\x04B" + struct.pack("<I", (1 << 32) - 1) + b".",  # BINBYTES of 4 GiB
        b"\x80\x02\x8b" + struct.pack("<i", (1 << 31) - 1) + b".",  # LONG4 of 2 GiB
        b"\x80\x02\x8b" + struct.pack("<i", -1) + b".",
        b"\x80\x02T" + struct.pack("<i", -5) + b".",
        b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"N.",  # FRAME
        b"\x80\x02I" + b"9" * 900_000 + b"\n.",
        b"\x80\x02L" + b"9" * 900_000 + b"L\n.",
    ],
)
def test_length_bombs_are_refused_without_taking_memory(payload: bytes) -> None:
    refused(payload)  # what is imported or cached on the way is no part of the measurement
    tracemalloc.start()
    try:
        refused(payload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 + 3 * len(payload)


def test_the_number_of_opcodes_is_bounded() -> None:
    payload = pickle.dumps([None] * 100)
    count = INSPECTOR.inspect(payload).opcodes
    assert PickleInspector(max_opcodes=count).inspect(payload).opcodes == count
    with pytest.raises(InvalidPayload, match=f"more than {count - 1} opcodes; send large data as"):
        PickleInspector(max_opcodes=count - 1).inspect(payload)


def test_the_depth_of_open_marks_is_bounded() -> None:
    nested = b"\x80\x04" + b"(" * 50 + b"N" + b"t" * 50 + b"."
    assert PickleInspector(max_depth=50).inspect(nested).size == len(nested)
    with pytest.raises(InvalidPayload, match="nests deeper than 49"):
        PickleInspector(max_depth=49).inspect(nested)


# ---------------------------------------------------------------- any bytes


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"\x80\x04" + tail))
def test_no_bytes_raise_anything_but_invalid_payload(payload: bytes) -> None:
    check_that_pickletools_agrees(payload)


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 257)), min_size=1, max_size=6),
)
@example(SAMPLES[0], [(3, 255)])
def test_no_changed_pickle_raises_anything_but_invalid_payload(
    sample: bytes, edits: list[tuple[int, int]]
) -> None:
    check_that_pickletools_agrees(changed(sample, edits))


def check_that_pickletools_agrees(payload: bytes) -> None:
    """Check that what passes is a pickle for the standard library's own disassembler too."""
    with suppress(InvalidPayload):
        seen = INSPECTOR.inspect(payload)
        assert seen.opcodes == sum(1 for _ in pickletools.genops(payload))


@given(VALUES, PROTOCOLS, st.lists(st.tuples(st.integers(0, 999), st.integers(0, 257)), max_size=3))
def test_what_an_unpickler_reads_to_the_end_is_never_refused(
    value: object, protocol: int, edits: list[tuple[int, int]]
) -> None:
    payload = changed(pickle.dumps(value, protocol), edits)
    stream = io.BytesIO(payload)
    try:
        NothingToFind(stream).load()
    except Exception:  # noqa: BLE001 - an unpickler raises anything; then there is nothing to say
        return
    proper = payload[:1] == b"\x80" and 2 <= payload[1] <= 5 and stream.tell() == len(payload)
    if proper and payload.count(b"\x80") == 1:  # a second PROTO is one for the unpickler
        assert INSPECTOR.inspect(payload).size == len(payload)


class NothingToFind(pickle.Unpickler):
    """An unpickler that imports nothing, so that a changed pickle cannot do anything."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name}")


def test_looking_at_a_payload_imports_nothing_that_it_names() -> None:
    payload = b"\x80\x04cantigravity\nfly\n)R."
    assert INSPECTOR.inspect(payload).opcodes == 5
    assert "antigravity" not in sys.modules
