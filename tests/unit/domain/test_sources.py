"""What a function's source says of itself: its entry, its modules, its mistakes."""

import pytest

from gofer.domain.findings import Level
from gofer.domain.sources import FINDINGS_MOST, look_at


def codes(text: str, entry: str = "", name: str = "f") -> list[tuple[str, str, int | None]]:
    found = look_at(text, entry, name).findings
    return [(finding.code, finding.name, finding.line) for finding in found]


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return x + 1",
        "import os, numpy as np\ndef f(): return np.array(os.sep)",
        "def f(n): return 1 if n == 0 else n * f(n - 1)",
        "def f():\n  def g(): return h()\n  def h(): return 1\n  return g()",
        "class C:\n  a = 1\n  b = [x for x in range(a)]\ndef f(): return C, __name__",
        "def f():\n  global g\n  g = 1\n  return g",
        "from math import *\ndef f(): return sin(1)",
        "from __future__ import annotations\ndef f(x: No) -> Nope:\n  y: Nor = x\n  return y",
        "def f(*args, **kw): return [i for i, (j, k) in args if j], {v: kw for v in args}",
        "def f():\n  try: return 1\n  except ValueError as error: return error",
        "async def f():\n  async with open('x') as file: return await file",
        "f = lambda x: x",
        "def f():\n  if (n := 3) > 2: return n",
    ],
)
def test_what_is_right_is_not_found_fault_with(text: str) -> None:
    assert codes(text) == []


def test_a_name_that_is_nowhere_defined_is_an_error_with_its_first_line() -> None:
    text = "def f(x):\n    y = helper(x)\n    return helper(y) + CONSTANT\n"
    assert codes(text) == [("undefined-name", "helper", 2), ("undefined-name", "CONSTANT", 3)]
    first = look_at(text, "", "f").findings[0]
    assert first.level is Level.ERROR
    assert "its import into the source" in first.text


def test_a_name_whose_absence_is_caught_is_a_warning() -> None:
    text = "def f():\n    try:\n        return unicode\n    except NameError:\n        return str\n"
    (finding,) = look_at(text, "", "f").findings
    assert (finding.level, finding.name) == (Level.WARNING, "unicode")


def test_what_is_not_there_where_the_source_runs_is_undefined() -> None:
    assert codes("def f(): return __file__") == [("undefined-name", "__file__", 1)]


@pytest.mark.parametrize(
    ("text", "line"),
    [("def f(:\n  pass", 1), ("x = 1\ndef f():\nreturn 1", 3), ("def f(): yield from (", 1)],
)
def test_what_cannot_be_parsed_is_one_error_with_its_line(text: str, line: int) -> None:
    assert codes(text) == [("syntax-error", "", line)]


@pytest.mark.parametrize("text", ["x = 'a\0b'", "(" * 100_000, "def f(a, a): pass", "\ud800"])
def test_no_text_is_too_strange_to_be_told_of(text: str) -> None:
    (finding,) = look_at(text, "", "f").findings
    assert finding.code == "syntax-error"


def test_functions_a_thousand_deep_inside_one_another_are_looked_at() -> None:
    assert codes("def f():\n    return 1\ng = " + "lambda: " * 1_500 + "0") == []


def test_a_later_pythons_source_is_only_warned_of() -> None:
    (finding,) = look_at("def f[T](x: T): what is this", "", "f", newer=True).findings
    assert (finding.level, finding.code) == (Level.WARNING, "other-environment")


@pytest.mark.parametrize(
    ("text", "entry", "name", "chosen"),
    [
        ("def f(): pass\ndef g(): pass", "g", "f", "g"),
        ("def f(): pass\ndef g(): pass", "", "g", "g"),
        ("import os\nasync def only(): pass", "", "anything", "only"),
        ("from os import getpid", "", "getpid", "getpid"),
    ],
)
def test_the_entry_is_the_one_that_is_said_or_named_so_or_the_only_one(
    text: str, entry: str, name: str, chosen: str
) -> None:
    view = look_at(text, entry, name)
    assert (view.entry, view.findings) == (chosen, ())


@pytest.mark.parametrize(
    ("text", "entry", "told"),
    [
        ("def f(): pass\ndef g(): pass", "", "it defines f, g"),
        ("def f(): pass", "h", "it defines f"),
        ("x = 1", "", "no function"),
    ],
)
def test_an_entry_that_is_not_there_is_an_error(text: str, entry: str, told: str) -> None:
    (finding,) = look_at(text, entry, "name").findings
    assert finding.code == "missing-entry"
    assert told in finding.text


def test_modules_beyond_the_standard_library_are_told_with_their_lines() -> None:
    text = (
        "import json, numpy.linalg\n"
        "def f():\n"
        "    from PIL import Image\n"
        "    try:\n"
        "        import uvloop\n"
        "    except ImportError:\n"
        "        uvloop = None\n"
        "    import numpy\n"
        "    return Image, uvloop, json, numpy\n"
    )
    view = look_at(text, "", "f")
    assert view.modules == (("PIL", 3), ("numpy", 1), ("uvloop", 5))
    assert view.optional == {"uvloop"}
    assert view.findings == ()


def test_a_relative_import_has_no_package_to_be_looked_for_in() -> None:
    assert codes("from .near import g\ndef f(): return g") == [("relative-import", ".near", 1)]


def test_very_many_mistakes_are_not_all_told() -> None:
    text = "def f():\n" + "".join(f"    name{n}\n" for n in range(200))
    assert len(codes(text)) == FINDINGS_MOST
