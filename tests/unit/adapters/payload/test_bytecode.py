"""What a pickled function will not find is told from its bytecode; nothing of it is run."""

import pickle
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.payload.bytecode import look_into
from gofer.adapters.payload.inspector import PickleInspector
from gofer.adapters.payload.outline import MOST_OPCODES
from gofer.domain.errors import InvalidPayload
from gofer.domain.findings import Level
from gofer.domain.sources import SourceView
from tests.support.original_client import dumps


def pickled(text: str, *, recurse: bool = True) -> bytes:
    """Return the pickle of the function ``f`` that a script's text defines."""
    names: dict[str, Any] = {"__name__": "a_script_that_nobody_can_import"}
    exec(textwrap.dedent(text), names)  # noqa: S102 - a user's script
    return dumps(names["f"], recurse=recurse)


def undefined(view: SourceView, level: Level = Level.ERROR) -> list[tuple[str, int | None]]:
    """Return names that are told to be undefined, with their lines."""
    return [(each.name, each.line) for each in view.findings if each.level is level]


@pytest.mark.parametrize(
    "text",
    [
        "N = 1\ndef h(): return N\ndef f(): return h() + len([])",
        "import math\ndef f(): return math.pi",
        "def f(n): return n and f(n - 1)",
        "def f():\n    global N\n    N = 1\n    return N",
        "class C:\n    n = 1\n    m = n\n    def get(self): return C.m\ndef f(): return C().get()",
        "def f():\n    class C:\n        n = 1\n        m = n\n    return [C.m for _ in range(3)]",
        "def make(n):\n    def f(): return n\n    return f\nf = make(1)",
        "def f(): return __name__, __builtins__",
    ],
)
def test_a_function_that_is_complete_is_left_in_peace(text: str) -> None:
    assert look_into(pickled(text)).findings == ()


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("def f(): return nowhere", "nowhere", 1),
        ("x = 1\n\ndef f():\n    return [nowhere for _ in range(x)]", "nowhere", None),
        ("def f(x):\n    return (lambda y: nowhere)(x)", "nowhere", 2),
        ("def f():\n    class C:\n        n = nowhere\n    return C", "nowhere", 2),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_line_of_its_function(
    text: str, name: str, line: int | None
) -> None:
    ((told, at),) = undefined(look_into(pickled(text)))
    assert (told, at) == (name, line or at)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    try: return nowhere\n    except NameError: return 1",
        "def f():\n    exec('nowhere = 1', globals())\n    return nowhere",
        "def h(): return nowhere\ndef f(): return h",
    ],
)
def test_a_name_that_may_not_be_missed_is_a_warning(text: str) -> None:
    view = look_into(pickled(text))
    assert undefined(view) == []
    assert [name for name, _ in undefined(view, Level.WARNING)] == ["nowhere"]


def test_what_dill_leaves_out_of_a_script_s_function_is_told() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec("def h(): return 1\ndef f(): return h()", names)  # noqa: S102 - a user's script
    whole = dumps(names["f"], recurse=True)
    # as dill without recurse writes it: the globals of f are those of the worker's own __main__
    start = b"c__builtin__\n__main__\n"
    text = b"}\x94\x8c\x08__name__\x94\x8c\x08__main__\x94s"
    assert look_into(whole).findings == ()
    assert text in whole
    assert [name for name, _ in undefined(look_into(whole.replace(text, start, 1)))] == ["h"]


def test_modules_are_told_with_the_line_of_who_imports_them() -> None:
    text = """
        import hypothesis as given
        def f():
            import numpy.core, json
            try:
                import cupy
            except ImportError:
                cupy = None
            return given, numpy, json, cupy
    """
    view = look_into(pickled(text))
    assert view.modules == (("cupy", 3), ("hypothesis", 0), ("numpy", 3))
    assert view.optional == {"cupy", "numpy"}


def test_names_beyond_the_first_few_hundred_are_found() -> None:
    used = "\n".join(f"    v = o.a{number}" for number in range(300))
    text = f"o = 1\ndef f():\n{used}\n    return nowhere"
    assert [name for name, _ in undefined(look_into(pickled(text)))] == ["nowhere"]


def test_what_is_no_function_or_very_long_is_left_in_peace() -> None:
    long = pickle.dumps([0] * MOST_OPCODES)
    for each in (pickle.dumps(abs), pickle.dumps({"a": [1]}), long):
        assert look_into(each) == SourceView()


SAMPLE = pickled("import math\ndef h(n=[]): return n\ndef f(x): return h() + [math.pi, nowhere, x]")


@given(at=st.integers(0, len(SAMPLE) - 1), byte=st.integers(0, 255))
def test_no_byte_of_a_pickle_can_do_harm(at: int, byte: int) -> None:
    changed = SAMPLE[:at] + bytes([byte]) + SAMPLE[at + 1 :]
    try:
        PickleInspector().check(changed)
    except InvalidPayload:
        return
    assert isinstance(look_into(changed), SourceView)
