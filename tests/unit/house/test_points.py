"""The named points of the code: each is passed, and something is killed at each."""

import ast
from collections import Counter

from gofer.domain.ports import Point
from tests.support.checkout import LAYERS, ROOT, modules, tree_of
from tests.support.crash_scenarios import CRASHES, OF_THE_API

CRASH_TESTS = ROOT / "tests/e2e/test_crash_points.py"


def test_every_point_is_passed_in_exactly_one_place() -> None:
    passed = Counter(
        argument.attr
        for module in modules(*LAYERS)
        for call in ast.walk(tree_of(module))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "point"
        for argument in call.args
        if isinstance(argument, ast.Attribute)
    )
    assert passed == dict.fromkeys(Point.__members__, 1)


def test_something_is_killed_at_every_point() -> None:
    assert {crash.point for crash in CRASHES} | OF_THE_API == set(Point)
    assert not {crash.point for crash in CRASHES} & OF_THE_API


def test_every_point_of_the_web_service_has_a_test_of_its_own() -> None:
    named = {
        node.attr
        for node in ast.walk(tree_of(CRASH_TESTS))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Point"
    }
    assert named == {point.name for point in OF_THE_API}
