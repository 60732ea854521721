"""What a pickle would make, as an outline: names, containers and calls, none of them carried out.

An unpickler looks names up and calls them; this reads the same opcodes and notes that it would.
Names are ``Symbol``, calls ``Made``, dictionaries ``Table``; nothing of the pickle is imported or
called. To be used on pickles that ``inspector.py`` has found whole.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeGuard

MOST_OPCODES = 50_000
"""Longer pickles are not outlined: it takes about 1 us an opcode."""


class Unreadable(Exception):
    """The pickle is too long for an outline, or does what no pickler does."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something that is looked up by its name in a module."""

    module: str
    name: str


@dataclass(slots=True, eq=False)
class Made:
    """What a call would return; ``call`` is mostly a Symbol."""

    call: Any
    args: tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Table:
    """A dictionary: its items with text keys."""

    items: dict[str, Any] = field(default_factory=dict[str, Any])

    def fill(self, pairs: list[Any]) -> None:
        """Take keys and values, one after the other."""
        for key, value in zip(pairs[::2], pairs[1::2], strict=False):
            if type(key) is str:
                self.items[key] = value


@dataclass(slots=True)
class Outline:
    """Everything that a pickle mentions: what it makes, and the names that it looks up.

    ``result`` is what the unpickler would return.
    """

    result: Any = None
    made: list[Made] = field(default_factory=list[Made])
    symbols: list[Symbol] = field(default_factory=list[Symbol])


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Tell whether the pickle has a tuple there."""
    return type(value) is tuple


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether the pickle has a list there, or a set."""
    return type(value) is list


def outline_of(pickled: bytes) -> Outline:
    """Return the outline of a whole pickle; raise Unreadable."""
    reader = _Reader()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(pickled)):
            if count >= MOST_OPCODES:
                raise Unreadable
            _STEPS.get(opcode.name, _Reader.value)(reader, argument)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable from error  # it takes what is not there, or is of another kind
    return reader.outline


class _Reader:
    """The stack and the memo of an unpickler."""

    def __init__(self) -> None:
        self.outline = Outline()
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    # ------------------------------------------------------------ values

    def value(self, argument: Any) -> None:
        """Push what the opcode brings along; None for what is of no interest."""
        self._stack.append(argument)

    def ignore(self, _argument: Any) -> None:
        """Do nothing."""

    def stop(self, _argument: Any) -> None:
        self.outline.result = self._stack[-1]

    def table(self, _argument: Any) -> None:
        self._stack.append(Table())

    def collection(self, _argument: Any) -> None:
        self._stack.append([])

    def nothing(self, _argument: Any) -> None:
        self._stack.append(())

    # ------------------------------------------------------------ the stack

    def mark(self, _argument: Any) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _to_mark(self) -> list[Any]:
        above, self._stack = self._stack, self._below.pop()
        return above

    def drop_mark(self, _argument: Any) -> None:
        self._to_mark()

    def pop(self, _argument: Any) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._to_mark()

    def again(self, _argument: Any) -> None:
        self._stack.append(self._stack[-1])

    def keep(self, index: Any) -> None:
        self._memo[len(self._memo) if index is None else int(index)] = self._stack[-1]

    def recall(self, index: Any) -> None:
        self._stack.append(self._memo[int(index)])

    # ------------------------------------------------------------ containers

    def marked_tuple(self, _argument: Any) -> None:
        above = self._to_mark()
        self._stack.append(tuple(above))

    def marked_list(self, _argument: Any) -> None:
        above = self._to_mark()
        self._stack.append(above)

    def marked_table(self, _argument: Any) -> None:
        table = Table()
        table.fill(self._to_mark())
        self._stack.append(table)

    def gather(self, size: int) -> None:
        self._stack[-size:] = [tuple(self._stack[-size:])]

    def append(self, _argument: Any) -> None:
        self._extend([self._stack.pop()])

    def extend(self, _argument: Any) -> None:
        self._extend(self._to_mark())

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if is_list(target):
            target.extend(values)

    def set_item(self, _argument: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key, value])

    def set_items(self, _argument: Any) -> None:
        self._fill(self._to_mark())

    def _fill(self, pairs: list[Any]) -> None:
        if isinstance(self._stack[-1], Table):
            self._stack[-1].fill(pairs)

    # ------------------------------------------------------------ names and calls

    def symbol(self, argument: Any) -> None:
        module, _, name = str(argument).partition(" ")
        self._look_up(module, name)

    def symbol_on_stack(self, _argument: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._look_up(str(module), str(name))

    def _look_up(self, module: str, name: str) -> None:
        found = Symbol(module, name)
        self.outline.symbols.append(found)
        self._stack.append(found)

    def call(self, _argument: Any) -> None:
        args, called = self._stack.pop(), self._stack.pop()
        self._make(called, args)

    def call_with_names(self, _argument: Any) -> None:
        _, args, called = self._stack.pop(), self._stack.pop(), self._stack.pop()
        self._make(called, args)

    def call_marked(self, _argument: Any) -> None:
        called, *args = self._to_mark()
        self._make(called, tuple(args))

    def call_named(self, argument: Any) -> None:
        args = tuple(self._to_mark())
        self.symbol(argument)
        self._make(self._stack.pop(), args)

    def _make(self, called: Any, args: Any) -> None:
        made = Made(called, args if is_tuple(args) else ())
        self.outline.made.append(made)
        self._stack.append(made)
        if called == SET_ITEMS and len(made.args) == 2:  # noqa: PLR2004 - (to, from)
            to, items = made.args
            if isinstance(to, Table) and isinstance(items, Table):
                to.items.update(items.items)

    def build(self, _argument: Any) -> None:
        self._stack.pop()

    def reference(self, _argument: Any) -> None:
        self._stack[-1] = None


SET_ITEMS = Symbol("dill._dill", "_setitems")
"""How dill fills the global names of functions that mention each other."""

_Step: TypeAlias = Callable[[_Reader, Any], None]

_STEPS: dict[str, _Step] = {
    **dict.fromkeys(("PROTO", "FRAME", "READONLY_BUFFER"), _Reader.ignore),
    "STOP": _Reader.stop,
    "EMPTY_DICT": _Reader.table,
    "EMPTY_TUPLE": _Reader.nothing,
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), _Reader.collection),
    "MARK": _Reader.mark,
    "POP": _Reader.pop,
    "POP_MARK": _Reader.drop_mark,
    "DUP": _Reader.again,
    **dict.fromkeys(("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"), _Reader.keep),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Reader.recall),
    "TUPLE": _Reader.marked_tuple,
    "DICT": _Reader.marked_table,
    **dict.fromkeys(("LIST", "FROZENSET"), _Reader.marked_list),
    "TUPLE1": lambda reader, _: reader.gather(1),
    "TUPLE2": lambda reader, _: reader.gather(2),
    "TUPLE3": lambda reader, _: reader.gather(3),
    "APPEND": _Reader.append,
    "APPENDS": _Reader.extend,
    "ADDITEMS": _Reader.extend,
    "SETITEM": _Reader.set_item,
    "SETITEMS": _Reader.set_items,
    "GLOBAL": _Reader.symbol,
    "STACK_GLOBAL": _Reader.symbol_on_stack,
    "REDUCE": _Reader.call,
    "NEWOBJ": _Reader.call,
    "NEWOBJ_EX": _Reader.call_with_names,
    "OBJ": _Reader.call_marked,
    "INST": _Reader.call_named,
    "BUILD": _Reader.build,
    "BINPERSID": _Reader.reference,
}
"""What each opcode does; any other pushes its argument."""
