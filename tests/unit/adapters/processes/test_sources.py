"""Functions built from source: their own namespace, tracebacks with lines, classes by value."""

import linecache
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from gofer.adapters.processes import sources
from gofer.adapters.processes.child import Pickling


def built(text: str, entry: str = "f", digest: str = "d" * 64) -> Callable[..., Any]:
    return Pickling().function(text.encode(), entry, digest).call


def test_a_source_runs_in_a_namespace_of_its_own() -> None:
    counter = "n = 0\ndef f():\n    global n\n    n += 1\n    return n\n"
    first, second = built(counter), built(counter)
    assert [first(), first(), second()] == [1, 2, 1]


def test_what_a_script_does_as_a_script_is_left_undone() -> None:
    assert (
        built("def f(): return __name__\nif __name__ == '__main__':\n    f = None\n")()
        == "__main__"
    )


def test_a_traceback_shows_the_lines_of_the_source() -> None:
    call = built("def f(x):\n    return 1 / x  # the culprit\n", digest="ab" * 32)
    with pytest.raises(ZeroDivisionError) as raised:
        call(0)
    text = "".join(traceback.format_exception(raised.value))
    assert 'File "<f, abababababab>", line 2, in f' in text
    assert "return 1 / x  # the culprit" in text


def test_instances_of_its_classes_travel_by_value() -> None:
    text = "class Point:\n    def __init__(self, x): self.x = x\ndef f(): return Point(3)\n"
    pickling = Pickling()
    result = pickling.dump(built(text)())
    (point,), _ = pickling.arguments(_call_with(result), pickling.function(text.encode(), "f", "e"))
    assert (type(point).__name__, point.x) == ("Point", 3)


def _call_with(pickled: bytes) -> bytes:
    """Return the pickle of ((value,), {}) around a pickled value, protocol 4."""
    return b"\x80\x04" + pickled[2:-1] + b"\x85}\x86."


def test_a_source_without_its_entry_is_refused() -> None:
    with pytest.raises(LookupError, match="defines no function 'g'"):
        built("def f(): pass", "g")


def test_a_source_for_another_python_raises_a_syntax_error_that_shows_the_line() -> None:
    with pytest.raises(SyntaxError) as raised:
        built("def f(:\n    pass\n")
    assert "def f(:" in "".join(traceback.format_exception(raised.value))


def test_lines_are_kept_of_the_latest_sources_only() -> None:
    before = set(linecache.cache)
    for number in range(400):
        built("def f(): pass", digest=f"{number:064d}"[::-1])
    assert len(set(linecache.cache) - before) <= sources._KEPT  # pyright: ignore[reportPrivateUsage]
