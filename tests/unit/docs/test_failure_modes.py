"""docs/failure-modes.md: a row for every failure, and behind every proof a test that exists."""

import re

import pytest

from tests.support.checkout import ROOT
from tests.support.pages import page

PAGE = page("docs/failure-modes.md")
ROWS = PAGE.rows("#")
SIXTH = {f"6{letter}" for letter in "abcdef"}
EXPECTED = {*map(str, range(1, 30))} - {"6"} | SIXTH
PROOF = re.compile(r"\[(?P<sentence>[^\]]+)\]\(\.\./(?P<path>tests/[\w/]+\.py)\)")


def test_every_failure_has_a_row() -> None:
    assert [row[0] for row in ROWS] == sorted(EXPECTED, key=lambda n: (int(n.rstrip("abcdef")), n))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_every_row_is_proven_by_tests_that_exist(row: list[str]) -> None:
    proofs = list(PROOF.finditer(row[-1]))
    assert proofs
    for proof in proofs:
        name = re.sub(r"\W+", "_", proof["sentence"].lower())
        source = (ROOT / proof["path"]).read_text(encoding="utf-8")
        assert f"def test_{name}(" in source, f"{proof['path']} has no test_{name}"
