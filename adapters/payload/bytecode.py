"""What pickled functions need, read from their bytecode without running it: names and modules.

dill, as every pickler of functions, writes a code object as the arguments of the call that makes
it: the instructions as bytes, the names and constants as tuples. So what an instruction looks up
can be told from an outline, where the instructions are those of this interpreter's own version.
"""

import opcode
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeGuard

from ...domain.findings import Finding, Level
from ...domain.sources import FINDINGS_MOST, PROVIDED, SourceView
from .outline import Made, Outline, Symbol, Table, Unreadable, is_tuple, outline_of

_CREATE = Symbol("dill._dill", "_create_function")
_IMPORT = Symbol("dill._dill", "_import_module")
_NO_NAMES = Symbol("__builtin__", "__main__")
"""What dill writes without recurse: the worker's own __main__, which has none of the names."""

_OURS = frozenset({"__main__", "__builtin__", "dill", "gofer"})
"""Modules that each worker has, or that stand for a name of dill's own."""

_HIDDEN = frozenset({"exec", "eval", "globals", "vars", "setattr"})
"""Built-ins by which names may come to be that no instruction binds."""

FUNCTIONS_MOST = 200
"""Functions of one pickle that are looked into; the first are those that it was made for."""

_FLAGGED = frozenset({"LOAD_GLOBAL"})  # the lowest bit of its argument is no part of the name's
_LOADS = frozenset({"LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_STORES = frozenset({"STORE_NAME", "STORE_GLOBAL"})
_IMPORTS = frozenset({"IMPORT_NAME"})
_OPCODES = {number: name for name, number in opcode.opmap.items()}
_MODULES_OWN = frozenset({"__file__", "__loader__", "__package__", "__spec__", "__builtins__"})


@dataclass(frozen=True, slots=True)
class _Code:
    """What a code object does with names. ``catches``: it has handlers of exceptions."""

    loads: frozenset[str]
    stores: frozenset[str]
    imports: frozenset[str]
    inner: tuple[Made, ...]
    line: int
    catches: bool


def look_into(bytecode: bytes) -> SourceView:
    """Return what functions of a pickle need: modules, and the names that they will not find.

    The pickle is whole, and of this interpreter's minor version. Where it cannot be told, because
    it is very long or no usual pickle, nothing is found. Takes about 2 us an opcode.
    """
    try:
        outline = outline_of(bytecode)
    except Unreadable:
        return SourceView()
    codes = {id(made): code for made in outline.made if (code := _code(made)) is not None}
    modules, optional = _modules(outline, codes)
    findings = tuple(islice(_undefined(outline, codes), FINDINGS_MOST))
    return SourceView("", modules, optional, findings)


def _undefined(outline: Outline, codes: dict[int, _Code]) -> Iterator[Finding]:
    """Yield the global names that functions look up, and that nobody will have bound."""
    told = {name for code in codes.values() for name in code.stores} | PROVIDED | _MODULES_OWN
    functions = [made for made in outline.made if made.call == _CREATE]
    functions.sort(key=lambda made: made is not outline.result)
    for made in functions[:FUNCTIONS_MOST]:
        names = _names(made.args[1:2])
        if names is None:
            continue
        family = _with_inner(made.args[0], codes)
        missing = {name: code.line for code in reversed(family) for name in code.loads}
        hidden = any(code.catches or _HIDDEN & code.loads for code in family)
        sure = made is outline.result and not hidden  # of others: if they are ever called
        for name in sorted(missing.keys() - names - told):
            told.add(name)
            text = (
                f"{name!r} is used, and the pickle does not bring it along: define it before the "
                "function is pickled, and pickle with dill.dumps(function, recurse=True)"
            )
            level = Level.ERROR if sure else Level.WARNING
            yield Finding(level, "undefined-name", name, missing[name] or None, text)


def _names(bound: Sequence[Any]) -> set[str] | None:
    """Return the names that a function's globals have; None where that is a module's affair."""
    for each in bound:
        if isinstance(each, Table):
            return set(each.items)
        if each == _NO_NAMES:
            return set()
    return None


def _modules(
    outline: Outline, codes: dict[int, _Code]
) -> tuple[tuple[tuple[str, int], ...], frozenset[str]]:
    """Return the modules that are imported, with the lines of functions that do it themselves."""
    found: dict[str, int] = {}
    expected: set[str] = set()
    for code in codes.values():
        for name in sorted(code.imports):
            found.setdefault(_top(name), code.line)
            if code.catches:
                expected.add(_top(name))
    named = {symbol.module for symbol in outline.symbols}
    named |= {str(made.args[0]) for made in outline.made if made.call == _IMPORT and made.args}
    tops = {_top(name) for name in named}
    foreign = (found.keys() | tops) - sys.stdlib_module_names - _OURS - {""}
    return tuple(sorted((name, found.get(name, 0)) for name in foreign)), frozenset(
        (expected - tops) & foreign
    )


def _top(module: str) -> str:
    return module.partition(".")[0]


# ---------------------------------------------------------------- code objects


def _code(made: Made) -> _Code | None:
    """Return the code object that a call would make; None if it makes something else."""
    args = made.args
    for at, each in enumerate(args[:-10]):
        constants, names = args[at + 1 : at + 3]
        if type(each) is bytes and is_tuple(constants) and _is_names(names):
            line, handlers = args[at + 7], args[at + 9]
            if type(line) is not int or type(handlers) is not bytes:
                return None
            inner = tuple(constant for constant in constants if isinstance(constant, Made))
            return _Code(*_used(each, names), inner, line, bool(handlers))
    return None


def _is_names(value: object) -> TypeGuard[tuple[str, ...]]:
    return is_tuple(value) and all(type(each) is str for each in value)


def _with_inner(first: Any, codes: dict[int, _Code]) -> list[_Code]:
    """Return a code object and those of the functions and classes inside it, each once."""
    family: dict[int, _Code] = {}
    waiting = [first]
    while waiting:
        made = waiting.pop()
        code = codes.get(id(made))
        if code is not None and id(made) not in family:
            family[id(made)] = code
            waiting.extend(code.inner)
    return list(family.values())


def _used(
    instructions: bytes, names: Sequence[str]
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names that instructions load, store and import."""
    loads, stores, imports = set[str](), set[str](), set[str]()
    kinds = ((loads, _FLAGGED | _LOADS), (stores, _STORES), (imports, _IMPORTS))
    extended = 0
    for at in range(0, len(instructions) - 1, 2):
        name = _OPCODES.get(instructions[at], "")
        argument = extended | instructions[at + 1]
        extended = argument << 8 & 0xFFFFFFFF if name == "EXTENDED_ARG" else 0
        index = argument >> 1 if name in _FLAGGED else argument
        for used, operations in kinds:
            if name in operations and index < len(names):
                used.add(names[index])
    return frozenset(loads), frozenset(stores), frozenset(imports)
