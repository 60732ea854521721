"""The wire's types and ranges: a message with one thing wrong is a violation."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gofer.adapters.zmq.codec import (
    HELLO,
    ORDERS,
    REPORT,
    decode_to_dispatcher,
    decode_to_worker,
    sealed,
)
from gofer.domain.errors import ProtocolViolation
from gofer.domain.protocol.messages import PROTOCOL_VERSION, Hello

SESSION_ROW = ["incarnation", 1]
TASK_ID = "018bcfe5-6800-7000-8000-000000000001"
ATTEMPT_ROW = [TASK_ID, 1, "token"]
HELLO_ROW = [
    "w1",
    SESSION_ROW,
    2,
    4,
    ["cpython", [3, 11], "0.4.1", b""],
    [ATTEMPT_ROW],
    [],
    [0, 0],
    "host",
    1,
    True,
]
PIECE_ROW = [ATTEMPT_ROW, 7, b"output", [1.0, None, "note"]]
REPORT_ROW = [
    "w1",
    SESSION_ROW,
    1,
    4,
    [],
    [[ATTEMPT_ROW, [0, b"result", 1, 1.5, ""]]],
    [],
    [PIECE_ROW],
]
FAILURE_ROW = [1, "signal", "", "", "", b"", -9, 9, 1, 1.5, "w1", 1, ""]
ORDERS_ROW = [
    SESSION_ROW,
    1,
    0,
    1,
    [["d" * 64, b"f", ""]],
    [[ATTEMPT_ROW, "d" * 64, b"p", None]],
    [],
    [],
]


def frame(kind: int, row: object) -> bytes:
    return sealed(msgspec.msgpack.encode((PROTOCOL_VERSION, kind, row)))


def changed(row: list[Any], value: object, *path: int) -> list[Any]:
    """Return a deep copy of a row with one value in it replaced."""
    head, *rest = path
    copy = list(row)
    copy[head] = changed(copy[head], value, *rest) if rest else value
    return copy


@pytest.mark.parametrize(
    ("kind", "row"),
    [(HELLO, HELLO_ROW), (REPORT, REPORT_ROW), (REPORT, changed(REPORT_ROW, FAILURE_ROW, 5, 0, 1))],
)
def test_the_rows_that_are_spoilt_below_are_right(kind: int, row: list[Any]) -> None:
    assert not isinstance(decode_to_dispatcher(frame(kind, row)), ProtocolViolation)
    assert not isinstance(decode_to_worker(frame(ORDERS, ORDERS_ROW)), ProtocolViolation)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("no such worker!", [0]),
        ("w" * 65, [0]),
        (["", 1], [1]),
        (["incarnation", -1], [1]),
        (0, [2]),
        (10_001, [2]),
        (True, [2]),
        (-1, [3]),
        (2**60, [3]),
        ([3, -1], [4, 1]),
        ([3, 11, 7], [4, 1]),
        ("no-uuid", [5, 0, 0]),
        (TASK_ID.upper(), [5, 0, 0]),
        (0, [5, 0, 1]),
        ("1", [5, 0, 1]),
        ("", [5, 0, 2]),
        ("t" * 129, [5, 0, 2]),
    ],
)
def test_a_hello_out_of_range_is_a_violation(value: object, path: list[int]) -> None:
    spoilt = frame(HELLO, changed(HELLO_ROW, value, *path))
    assert isinstance(decode_to_dispatcher(spoilt), ProtocolViolation)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (-1, [2]),
        ("text", [5, 0, 1, 1]),
        (-1, [5, 0, 1, 2]),
        (float("nan"), [5, 0, 1, 3]),
        (float("inf"), [5, 0, 1, 3]),
        (-0.1, [5, 0, 1, 3]),
        (2, [5, 0, 1, 0]),
        (changed(FAILURE_ROW, "boredom", 1), [5, 0, 1]),
        (changed(FAILURE_ROW, "nine", 7), [5, 0, 1]),
        (FAILURE_ROW[:-1], [5, 0, 1]),
        (None, [6]),
    ],
)
def test_a_report_out_of_range_is_a_violation(value: object, path: list[int]) -> None:
    spoilt = frame(REPORT, changed(REPORT_ROW, value, *path))
    assert isinstance(decode_to_dispatcher(spoilt), ProtocolViolation)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (-1, [1]),
        (-1, [2]),
        (-1, [3]),
        ("short", [4, 0, 0]),
        ("text", [4, 0, 1]),
        ("short", [5, 0, 1]),
        (-1, [5, 0, 3]),
        ([1], [6]),
    ],
)
def test_orders_out_of_range_are_a_violation(value: object, path: list[int]) -> None:
    spoilt = frame(ORDERS, changed(ORDERS_ROW, value, *path))
    assert isinstance(decode_to_worker(spoilt), ProtocolViolation)


def longer(row: Any) -> Any:
    """Return a row in which every array of fields has two fields more, as a later version has."""
    if not isinstance(row, list):
        return row
    fields: list[Any] = [*row]
    is_a_collection = all(isinstance(each, list) for each in fields)
    is_a_version = len(fields) == 2 and all(isinstance(each, int) for each in fields)
    fields = [longer(each) for each in fields]
    return fields if is_a_collection or is_a_version else [*fields, "added", {"later": [1]}]


@pytest.mark.parametrize("version", [PROTOCOL_VERSION, PROTOCOL_VERSION + 1])
@pytest.mark.parametrize(
    ("kind", "row"),
    [(HELLO, HELLO_ROW), (REPORT, REPORT_ROW), (REPORT, changed(REPORT_ROW, FAILURE_ROW, 5, 0, 1))],
)
def test_fields_that_a_later_version_has_added_are_skipped(
    kind: int, row: list[Any], version: int
) -> None:
    expected = decode_to_dispatcher(frame(kind, row))
    decoded = decode_to_dispatcher(sealed(msgspec.msgpack.encode((version, kind, longer(row)))))
    if isinstance(decoded, Hello):
        decoded = replace(decoded, protocol=PROTOCOL_VERSION)
    assert decoded == expected
    assert longer(row) != row


def test_fields_that_a_later_dispatcher_has_added_are_skipped() -> None:
    expected = decode_to_worker(frame(ORDERS, ORDERS_ROW))
    assert decode_to_worker(frame(ORDERS, longer(ORDERS_ROW))) == expected
