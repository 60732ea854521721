"""What is caught broadly, or passed over, says why: in a comment, or by being raised again."""

import ast
from functools import cache
from pathlib import Path

from tests.support.checkout import modules, place, tree_of

FOLDERS = ("domain", "adapters", "entrypoints", "benchmarks", "examples", "tests")
BROAD = {"Exception", "BaseException"}


def test_whatever_catches_everything_says_why() -> None:
    silent = [
        place(module, handler.lineno)
        for module, handler in _handlers()
        if _names(handler.type) & BROAD
        and not _raises_again(handler)
        and not _commented(module, handler)
    ]
    assert silent == []


def test_whatever_is_passed_over_says_why() -> None:
    silent = [
        place(module, handler.lineno)
        for module, handler in _handlers()
        if all(isinstance(each, ast.Pass) for each in handler.body)
        and not _commented(module, handler)
    ]
    assert silent == []


def test_what_suppresses_everything_says_why() -> None:
    silent = [
        place(module, call.lineno)
        for module in modules(*FOLDERS)
        for call in ast.walk(tree_of(module))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {"suppress", "contextlib.suppress"}
        and any(_names(argument) & BROAD for argument in call.args)
        and "#" not in _line(module, call.lineno)
    ]
    assert silent == []


@cache
def _handlers() -> list[tuple[Path, ast.ExceptHandler]]:
    return [
        (module, node)
        for module in modules(*FOLDERS)
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ExceptHandler)
    ]


def _names(node: ast.expr | None) -> set[str]:
    """Return the names of the classes; those of a bare ``except`` are all that there are."""
    if node is None:
        return BROAD
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Return whether the last thing that it does is to raise: what it caught, or why."""
    return isinstance(handler.body[-1], ast.Raise)


def _commented(module: Path, handler: ast.ExceptHandler) -> bool:
    lines = range(handler.lineno, handler.body[0].lineno + 1)
    return any("#" in _line(module, number) for number in lines)


def _line(module: Path, number: int) -> str:
    return _lines(module)[number - 1]


@cache
def _lines(module: Path) -> list[str]:
    return module.read_text(encoding="utf-8").splitlines()
