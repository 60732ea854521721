"""What a function's source says of itself, without running it: names, modules, entry, mistakes.

Names are resolved as the compiler does (``symtable``). What cannot be known (names that come by
``from x import *``, or are tried and caught) is never called a mistake.
"""

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from .findings import Finding, Level

PROVIDED = frozenset(dir(builtins)) | {"__name__", "__doc__", "__builtins__", "__annotations__"}
"""Names that are there without being defined, where a function's source is run."""

FINDINGS_MOST = 50
"""So many findings are told; more help nobody."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """What was seen. ``entry`` is "" where it is not clear which function is meant.

    ``modules`` are top-level names of modules beyond the standard library that it imports, each
    with the first line; ``optional`` are those of them whose absence it seems to expect.
    """

    entry: str = ""
    modules: tuple[tuple[str, int], ...] = ()
    optional: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


def look_at(text: str, entry: str, name: str, *, newer: bool = False) -> SourceView:
    """Return what the source of function ``name`` says; ``entry``: which of its functions, or "".

    ``newer``: it was written for a later Python than this one, which may not be able to read it.
    Takes some 10 us a line.
    """
    try:
        tree = ast.parse(text)
        table = symtable.symtable(text, "<source>", "exec")
    except SyntaxError as error:
        return SourceView(entry or name, findings=(_unreadable(error.msg, error.lineno, newer),))
    except (ValueError, RecursionError, MemoryError) as error:
        return SourceView(entry or name, findings=(_unreadable(str(error), None, newer),))
    defined = _defined(table)
    chosen, problem = _entry(tree, defined, entry, name)
    modules, optional = _modules(tree)
    findings = [*problem, *_relative_imports(tree), *_undefined(tree, table, defined)]
    return SourceView(chosen, modules, optional, tuple(findings[:FINDINGS_MOST]))


def _unreadable(problem: str, line: int | None, newer: bool) -> Finding:  # noqa: FBT001
    if newer:
        text = f"this service's Python cannot read it ({problem}), so nothing else was looked at"
        return Finding(Level.WARNING, "other-environment", "", line, text)
    text = f"the source cannot be read: {problem}; mend it, and register it again"
    return Finding(Level.ERROR, "syntax-error", "", line, text)


# ---------------------------------------------------------------- which function


def _entry(
    tree: ast.Module, defined: set[str], entry: str, name: str
) -> tuple[str, tuple[Finding, ...]]:
    if entry in defined:
        return entry, ()
    functions = [
        each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    if not entry and name in defined:
        return name, ()
    if not entry and len(functions) == 1:
        return functions[0], ()
    wanted = entry or name
    there = f"it defines {', '.join(functions)}" if functions else "it defines no function"
    text = f"the source does not define {wanted!r}: {there}; say which one is meant with `entry`"
    return entry, (Finding(Level.ERROR, "missing-entry", wanted, None, text),)


# ---------------------------------------------------------------- names


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield a table and all inside it: without recursion, for they may be a thousand deep."""
    waiting = [table]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += each.get_children()


def _defined(table: symtable.SymbolTable) -> set[str]:
    """Return the names that the module binds somewhere."""
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    for inner in _tables(table):
        names |= {
            symbol.get_name()
            for symbol in inner.get_symbols()
            if symbol.is_declared_global() and symbol.is_assigned()
        }
    return names


def _undefined(
    tree: ast.Module, table: symtable.SymbolTable, defined: set[str]
) -> Iterator[Finding]:
    nodes = list(ast.walk(tree))
    if any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in nodes):
        return
    missing = {
        symbol.get_name()
        for inner in _tables(table)
        for symbol in inner.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or inner is table)
    } - (defined | PROVIDED)
    unevaluated = _annotations(tree, nodes)
    lines: dict[str, int] = {}
    for node in nodes:
        if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store):
            continue
        if node.id in missing and node not in unevaluated:
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    level = Level.WARNING if _expects(nodes, "NameError") else Level.ERROR
    for name, line in sorted(lines.items(), key=lambda found: found[1]):
        text = (
            f"{name!r} is used and nowhere defined, imported or built in: put its definition or "
            "its import into the source, or hand it over as an argument"
        )
        yield Finding(level, "undefined-name", name, line, text)


def _annotations(tree: ast.Module, nodes: list[ast.AST]) -> set[ast.AST]:
    """Return the nodes of annotations, where these are never evaluated."""
    lazy = any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and any(alias.name == "annotations" for alias in each.names)
        for each in tree.body
    )
    if not lazy:
        return set()
    said: list[ast.AST | None] = []
    for node in nodes:
        if isinstance(node, ast.arg | ast.AnnAssign):
            said.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said.append(node.returns)
    return {inner for each in said if each is not None for inner in ast.walk(each)}


def _expects(nodes: list[ast.AST], *errors: str) -> bool:
    """Return whether one of the handlers catches one of these errors by name."""
    handlers = [node for node in nodes if isinstance(node, ast.ExceptHandler) and node.type]
    return any(
        isinstance(each, ast.Name) and each.id in errors
        for handler in handlers
        if handler.type is not None
        for each in ast.walk(handler.type)
    )


# ---------------------------------------------------------------- modules


def _modules(tree: ast.Module) -> tuple[tuple[tuple[str, int], ...], frozenset[str]]:
    found: dict[str, int] = {}
    optional: set[str] = set()
    for node in ast.walk(tree):
        for name in _imported(node):
            found.setdefault(name, getattr(node, "lineno", 1))
        if isinstance(node, ast.Try) and _expects(
            list(node.handlers), "ImportError", "ModuleNotFoundError", "Exception"
        ):
            for inner in node.body:
                optional |= {name for each in ast.walk(inner) for name in _imported(each)}
    foreign = {name: line for name, line in found.items() if name not in sys.stdlib_module_names}
    return tuple(sorted(foreign.items())), frozenset(optional)


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield node.module.partition(".")[0]


def _relative_imports(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            name = "." * node.level + (node.module or "")
            text = (
                f"{name!r} is looked for in a package, and the source runs in none: name it whole"
            )
            yield Finding(Level.ERROR, "relative-import", name, node.lineno, text)
