"""The side-effect log of a chaos run, read back."""

import pytest

from tests.support.chaos.history import (
    Run,
    runs_of_log,
)


def test_the_log_tells_runs_apart_by_child_and_begin() -> None:
    lines = ["began a 7 5 100 1.0", "lives a 7 5 100 1.5", "began a 8 5 200 2.0"]
    lines += ["ended a 8 5 200 2.5", "began a 7 5 300 3.0"]
    assert runs_of_log("\n".join(lines)) == [
        Run("a", 7, 5, 1.0, 1.5, None),
        Run("a", 8, 5, 2.0, 2.5, 2.5),
        Run("a", 7, 5, 3.0, 3.0, None),
    ]


def test_a_torn_line_in_the_log_is_an_error() -> None:
    with pytest.raises(ValueError, match="torn"):
        runs_of_log("began a 7")
