"""Whether a function, or anything that it takes along, has changed since it was packed."""

import textwrap
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.entrypoints.sdk.looks import BUFFER_BYTES, LOOKED_MOST, Looks
from gofer.entrypoints.sdk.outcomes import dump

CHANGES = {
    "a global name": ("N = 1\ndef f(): return N", "N = 2"),
    "a global name of a helper": (
        "N = 1\ndef h(): return N\ndef f(): return h()",
        "N = 2",
    ),
    "a helper's helper": (
        "def i(): return 1\ndef h(): return i()\ndef f(): return h()",
        "def i(): return 2",
    ),
    "a helper that is called by a nested function": (
        "def h(): return 1\ndef f(): return [(lambda: h())() for _ in range(2)]",
        "def h(): return 2",
    ),
    "a list": ("L = [1]\ndef f(): return L", "L.append(2)"),
    "a list's item": ("L = [1, 2]\ndef f(): return L", "L[0] = 3"),
    "what is in a list in a dictionary": ("D = {'a': [{}]}\ndef f(): return D", "D['a'][0][1] = 2"),
    "a key of a dictionary": ("D = {'a': 1}\ndef f(): return D", "D['b'] = D.pop('a')"),
    "a set": ("S = {1}\ndef f(): return S", "S.add(2)"),
    "a list of a helper": ("L = [1]\ndef h(): return L\ndef f(): return h()", "L.append(2)"),
    "an attribute of a class": ("class C: n = 1\ndef f(): return C.n", "C.n = 2"),
    "a method of a class": (
        "class C:\n    def m(self): return 1\ndef f(): return C().m()",
        "C.m = lambda self: 2",
    ),
    "a global name of a method": (
        "N = 1\nclass C:\n    @staticmethod\n    def m(): return N\ndef f(): return C.m()",
        "N = 2",
    ),
    "a global name of a property": (
        "N = 1\nclass C:\n    @property\n    def m(self): return N\ndef f(): return C().m",
        "N = 2",
    ),
    "an attribute of a base class": (
        "class B: n = 1\nclass C(B): pass\ndef f(): return C.n",
        "B.n = 2",
    ),
    "an attribute of an object": (
        "class C: pass\no = C()\no.n = 1\ndef f(): return o.n",
        "o.n = 2",
    ),
    "the class of an object": ("class C: n = 1\no = C()\ndef f(): return o.n", "C.n = 2"),
    "a slot of an object": (
        "class C: __slots__ = ('n',)\no = C()\no.n = 1\ndef f(): return o.n",
        "o.n = 2",
    ),
    "a namespace": (
        "import types\no = types.SimpleNamespace(n=1)\ndef f(): return o.n",
        "o.n = 2",
    ),
    "a default": ("def f(n=1): return n", "f.__defaults__ = (2,)"),
    "what is in a default": ("def f(n=[]): return n", "f.__defaults__[0].append(1)"),
    "what is in a keyword's default": ("def f(*, n=1): return n", "f.__kwdefaults__['n'] = 2"),
    "code": ("def f(): return 1", "f.__code__ = (lambda: 2).__code__"),
    "an attribute of a function": ("def f(): return f.n\nf.n = 1", "f.n = 2"),
    "a function's first attribute": ("def f(): return f.n", "f.n = 2"),
    "a closure": (
        """
        def make():
            n = 1
            def f(): return n
            def put(value):
                nonlocal n
                n = value
            return f, put
        f, put = make()
        """,
        "put(2)",
    ),
    "what a wrapper calls": (
        """
        import functools
        N = 1
        def twice(g):
            @functools.wraps(g)
            def both(): return g(), g()
            return both
        @twice
        def f(): return N
        """,
        "N = 2",
    ),
    "what a partial calls": (
        "from functools import partial\nN = 1\ndef h(x): return N + x\nf = partial(h, 1)",
        "N = 2",
    ),
    "an argument of a partial": (
        "from functools import partial\nL = []\nf = partial(len, L)",
        "L.append(1)",
    ),
    "a buffer": ("b = bytearray(3)\ndef f(): return b", "b[1] = 2"),
    "a name that was not there": ("def f(): return h()", "def h(): return 1"),
}


def script(text: str) -> dict[str, Any]:
    """Run the text of a script that defines ``f``; return its global names."""
    names: dict[str, Any] = {"__name__": "a_script_that_nobody_can_import"}
    exec(textwrap.dedent(text), names)  # noqa: S102 - a user's script
    return names


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_is_sent_is_seen(what: str) -> None:
    begin, change = CHANGES[what]
    names = script(begin)
    function = names["f"]
    looks, sent = Looks(function), dump(function)
    assert looks.still()
    exec(change, names)  # noqa: S102 - the user's next line
    assert dump(function) != sent
    assert not looks.still()


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return f(x - 1) if x else 0",
        "import json\ndef f(x): return json.dumps(x)",
        "L = [1]\nL.append(L)\ndef f(): return L",
        "from functools import partial\nf = partial(int, base=2)",
        "class f:\n    def m(self): return f",
        "import threading\nlock = threading.Lock()\ndef f(): return lock",
        "class C:\n    def __getattr__(self, name): raise RuntimeError\no = C()\ndef f(): return o",
    ],
)
def test_what_has_not_changed_is_the_same(text: str) -> None:
    function = script(text)["f"]
    assert Looks(function).still()


def test_a_module_that_workers_import_themselves_is_not_looked_into() -> None:
    names = script("from tests.support import waiting\ndef f(): return waiting.wait_until")
    looks = Looks(names["f"])
    vars(names["waiting"])["something"] = 1
    try:
        assert looks.still()
    finally:
        del vars(names["waiting"])["something"]


def test_of_what_is_long_the_length_is_seen() -> None:
    names = script("L, B = [], []\ndef f(): return L, B")
    names["L"] += [0] * (LOOKED_MOST + 1)
    names["B"] = bytearray(BUFFER_BYTES + 1)
    looks = Looks(names["f"])
    names["L"][7] = 1
    assert looks.still()
    names["L"].append(1)
    assert not looks.still()


Nested = st.recursive(
    st.integers() | st.text(max_size=3) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2), inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=12,
)


def containers(value: Any) -> list[Any]:
    """Return the lists and dictionaries in a value."""
    if not isinstance(value, list | tuple | dict):
        return []
    held = cast("Any", value)
    inner = held.values() if isinstance(value, dict) else held
    found = [each for item in inner for each in containers(item)]
    return found if isinstance(value, tuple) else [held, *found]


@given(value=Nested, data=st.data())
def test_no_change_in_nested_containers_is_missed(value: object, data: st.DataObject) -> None:
    names = script("def h(): return V\ndef f(): return h()")
    names["V"] = value
    looks, sent = Looks(names["f"]), dump(names["f"])
    found = containers(value)
    new = data.draw(Nested)
    if found:
        where = data.draw(st.sampled_from(found))
        if isinstance(where, dict):
            where[data.draw(st.text(max_size=2))] = new
        else:
            where.insert(0, new)
    else:
        names["V"] = new
    assert dump(names["f"]) == sent or not looks.still()
