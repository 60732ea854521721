"""The tests' own rules: no fixed sleeps, no test that asserts nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.checkout import modules, place, tree_of

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_test_sleeps_for_a_fixed_time() -> None:
    """A function inside a test may: it is a task that some worker runs."""
    sleeps = [
        place(module, call.lineno)
        for module in _test_modules()
        for test in _tests(module)
        for call in _own_calls(test)
        if _is_a_sleep(call)
    ]
    assert sleeps == []


def test_every_test_can_fail() -> None:
    """By an assert, by pytest.raises, or by calling something that it names a check."""
    empty = [
        place(module, test.lineno)
        for module in _test_modules()
        for test in _tests(module)
        if not any(_can_fail(node) for node in ast.walk(test))
    ]
    assert empty == []


def _test_modules() -> list[Path]:
    return [module for module in modules("tests") if module.name.startswith("test_")]


def _tests(module: Path) -> Iterator[FunctionNode]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, FunctionNode) and node.name.startswith("test_"):
            yield node


def _own_calls(function: FunctionNode) -> Iterator[ast.Call]:
    """Yield the calls of a function's own body, not those of functions defined in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FunctionNode | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))


def _is_a_sleep(call: ast.Call) -> bool:
    to_yield = bool(call.args) and isinstance(call.args[0], ast.Constant) and not call.args[0].value
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "sleep"
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"time", "asyncio"}
        and not to_yield
    )


def _can_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    called = node.func.id if isinstance(node.func, ast.Name) else called
    words = ("raises", "RaisesGroup", "warns", "wait_until", "assert", "check", "run_state_machine")
    return any(word in called for word in words)
