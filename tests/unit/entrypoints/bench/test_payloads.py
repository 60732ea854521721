"""The pickles that ``gofer bench`` writes by hand are what a pickler would have meant."""

import pickle

from gofer.adapters.payload import PickleInspector
from gofer.entrypoints.bench.payloads import ECHO, FALSE, NOOP, NOTHING, arguments
from tests.support.original_client import dumps, loads


def test_the_functions_are_builtins() -> None:
    assert loads(NOOP) is bool
    assert loads(ECHO) is bytes


def test_the_arguments_are_pairs_of_positions_and_names() -> None:
    assert pickle.loads(NOTHING) == ((), {})
    assert pickle.loads(arguments(b"\x00body")) == ((b"\x00body",), {})


def test_what_the_functions_return_can_be_told_without_opening_it() -> None:
    assert dumps(loads(NOOP)()).endswith(FALSE)
    body = bytes(range(256)) * 5
    assert body in dumps(bytes(body))


def test_the_service_takes_them_for_whole_pickles() -> None:
    inspector = PickleInspector()
    for payload in (NOOP, ECHO, NOTHING, arguments(b"x" * 300)):
        assert inspector.inspect(payload) is not None
