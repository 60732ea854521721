"""Sizes, docstrings and words: what a reader of any module may rely on."""

import ast
import re

import pytest

from tests.support.checkout import LAYERS, modules, place, tree_of

EVERYWHERE = (*LAYERS, "src", "tests", "benchmarks")
MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_FUNCTION = 60
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}
# with [brackets], so that no pattern finds itself
UNFINISHED = [r"\bTOD[O]\b", r"\bFIXM[E]\b", r"\bXX[X]\b", r"\bHAC[K]\b", r"raise NotI[m]plemented"]
EVASIONS = [
    r"pragma: no c[o]ver",
    r"pytest\.s[k]ip",
    r"mark\.s[k]ip",
    r"x[f]ail",
    r"importors[k]ip",
]


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {
        place(module): len(module.read_text(encoding="utf-8").splitlines())
        for module in modules(*EVERYWHERE)
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    too_long: list[str] = []
    for module in modules(*EVERYWHERE):
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MOST_LINES_OF_A_FUNCTION:
                    too_long.append(f"{place(module, node.lineno)} {node.name}: {length} lines")
    assert too_long == []


def test_every_module_says_in_a_docstring_what_it_is() -> None:
    silent = [place(each) for each in modules(*EVERYWHERE) if not ast.get_docstring(tree_of(each))]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [place(module) for module in modules(*EVERYWHERE) if module.stem in VAGUE_NAMES]
    assert vague == []


@pytest.mark.parametrize("pattern", UNFINISHED)
def test_nothing_is_left_for_later(pattern: str) -> None:
    assert lines_with(pattern, *EVERYWHERE) == []


@pytest.mark.parametrize("pattern", EVASIONS)
def test_no_check_is_evaded(pattern: str) -> None:
    assert lines_with(pattern, *EVERYWHERE) == []


def lines_with(pattern: str, *folders: str) -> list[str]:
    search = re.compile(pattern)
    return [
        place(module, number)
        for module in modules(*folders)
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), start=1)
        if search.search(line)
    ]
