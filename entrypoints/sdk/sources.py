"""The source of a function, complete enough to define it anywhere; or nothing.

Bytecode does not cross Python's minor versions, text does. So a function travels as both, where its
text can be told to be complete: the function, and every global name that it uses as an import, as a
literal, or as another such function. Where anything is in doubt there is no source: a function that
cannot run is better than one that does something else.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import cast

LITERAL_CHARS_MOST = 10_000
"""A constant that is longer than this as text makes the source more than a source."""

_LITERALS = (type(None), bool, int, float, complex, str, bytes)


class Incomplete(Exception):
    """The source cannot be told, or would not be all of it."""


def source_of(function: object) -> str:
    """Return the text of a module that defines the function by its name; "" where there is none."""
    if not isinstance(function, FunctionType):
        return ""
    parts: dict[str, str] = {}
    try:
        _define(function, parts)
    except Incomplete:
        return ""
    return "\n\n".join([*(part for part in parts.values() if part)]) + "\n"


def free_names(function: object) -> list[str]:
    """Return the global names that a function uses, and that are no built-ins."""
    if not isinstance(function, FunctionType):
        return []
    builtins = vars(sys.modules["builtins"])
    return sorted(name for name in set(names_in(function.__code__)) if name not in builtins)


def modules_of(function: object) -> list[str]:
    """Return the top-level modules, beside the standard library's, that a function refers to."""
    if not isinstance(function, FunctionType):
        return []
    found = set(_imported(function.__code__))
    for name in names_in(function.__code__):
        value = function.__globals__.get(name)
        module = value.__name__ if isinstance(value, ModuleType) else _module_of(value)
        found.add(module.partition(".")[0])
    if function.__module__ and function.__module__ != "__main__":
        found.add(function.__module__.partition(".")[0])
    return sorted(found - set(sys.stdlib_module_names) - {"", "__main__"})


def _define(function: FunctionType, parts: dict[str, str]) -> None:
    """Add what defines a function, and before it what defines the names that it uses."""
    name = function.__name__
    if function.__closure__ or name in parts or not name.isidentifier():
        if name in parts:
            return
        raise Incomplete
    parts[name] = ""  # so that one that calls itself ends
    text = _text(function)
    for each in dict.fromkeys([*names_in(function.__code__), *_defaults(function)]):
        if each in function.__globals__ and each not in parts:
            _bind(each, function.__globals__[each], parts)
    del parts[name]
    parts[name] = text


def _bind(name: str, value: object, parts: dict[str, str]) -> None:
    """Add what binds a global name to its value."""
    value = getattr(value, "__gofer_function__", value)
    if isinstance(value, ModuleType):
        if value.__name__ == "__main__":
            raise Incomplete
        plain = value.__name__ == name
        parts[name] = f"import {name}" if plain else f"import {value.__name__} as {name}"
    elif isinstance(value, FunctionType) and value.__module__ == "__main__":
        if value.__name__ != name:
            raise Incomplete
        _define(value, parts)
    elif isinstance(value, FunctionType | BuiltinFunctionType | type):
        module, found = _module_of(value), value.__name__
        if module == "__main__" or getattr(sys.modules.get(module), found, None) is not value:
            raise Incomplete
        parts[name] = f"from {module} import {found}" + ("" if found == name else f" as {name}")
    else:
        parts[name] = f"{name} = {_literal(value)}"


def _text(function: FunctionType) -> str:
    """Return the text of a function without the decorator that made it one of ours."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        (node,) = ast.parse(text).body
    except (OSError, TypeError, SyntaxError, ValueError):
        raise Incomplete from None
    if not isinstance(node, ast.FunctionDef) or node.name != function.__name__:
        raise Incomplete  # a lambda, or a coroutine
    if len(node.decorator_list) > 1 or (node.decorator_list and not _is_ours(node)):
        raise Incomplete  # what else it does is not in the function
    return "\n".join(text.splitlines()[node.lineno - 1 :])


def _is_ours(node: ast.FunctionDef) -> bool:
    """Tell whether the only decorator is a client's: ``@client.function`` with or without more."""
    decorator = node.decorator_list[0]
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return isinstance(decorator, ast.Attribute) and decorator.attr == "function"


def _defaults(function: FunctionType) -> list[str]:
    """Return the global names in defaults and annotations, which are evaluated by ``def``."""
    (node,) = cast("list[ast.FunctionDef]", ast.parse(_text(function)).body)
    outside = [node.args, *([node.returns] if node.returns else [])]
    return [each.id for part in outside for each in ast.walk(part) if isinstance(each, ast.Name)]


def _literal(value: object) -> str:
    if not _is_literal(value):
        raise Incomplete
    text = repr(value)
    if len(text) > LITERAL_CHARS_MOST:
        raise Incomplete
    try:
        same = ast.literal_eval(text) == value
    except (ValueError, SyntaxError):  # inf, nan
        raise Incomplete from None
    if not same:
        raise Incomplete
    return text


def _is_literal(value: object) -> bool:
    if type(value) in {list, tuple, set}:
        return all(map(_is_literal, cast("list[object]", value)))
    if type(value) is dict:
        items = cast("dict[object, object]", value).items()
        return all(_is_literal(key) and _is_literal(each) for key, each in items)
    return type(value) in _LITERALS


def names_in(code: CodeType) -> Iterator[str]:
    """Yield the names that code, and the code inside it, looks up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def _imported(code: CodeType) -> Iterator[str]:
    """Yield the top-level modules that code imports itself."""
    import dis  # noqa: PLC0415 - only those who register functions need it

    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            yield str(step.argval).partition(".")[0]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _imported(constant)


def _module_of(value: object) -> str:
    module = getattr(value, "__module__", None)
    return module if isinstance(module, str) else ""
