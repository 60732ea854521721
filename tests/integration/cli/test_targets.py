"""FILE:FUNC and its arguments: what is loaded, what is understood, and what is said otherwise."""

import os
import sys
from pathlib import Path

import pytest

from gofer.entrypoints.cli.pickling import unpicklable
from gofer.entrypoints.cli.problems import Problem
from gofer.entrypoints.cli.targets import LOADED_AS, arguments_of, load_target
from gofer.entrypoints.sdk import outcomes
from tests.integration.cli.terminal import Gofer
from tests.support.scripted_service import ScriptedService

UNPICKLABLE = (n for n in "ab")


def test_a_function_of_a_file_is_pickled_by_value(jobs: Path) -> None:
    function = load_target(f"{jobs}:with_tax")
    assert LOADED_AS not in sys.modules
    assert LOADED_AS.encode() not in outcomes.dump(function)
    assert outcomes.load(outcomes.dump(function))(10) == 15.0


def test_a_file_that_was_edited_within_its_second_is_read_again(
    jobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for factor in (2, 3):
        jobs.write_text(f"def scale(number):\n    return {factor} * number\n")
        os.utime(jobs, (1_000_000_000, 1_000_000_000))
        assert load_target(f"{jobs}:scale")(5) == factor * 5
    assert not (jobs.parent / "__pycache__").exists()


def test_a_function_of_a_module_is_found_by_its_dotted_name() -> None:
    assert load_target("json:JSONEncoder.encode").__qualname__ == "JSONEncoder.encode"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("jobs", "FILE:FUNC"),
        ("nowhere.py:f", "there is no file nowhere.py"),
        ("no_such_module:f", "there is no module no_such_module"),
        ("math:pi", "is no function but float"),
    ],
)
def test_a_target_that_is_none_is_said(target: str, words: str) -> None:
    with pytest.raises(Problem, match=words):
        load_target(target)


def test_a_function_that_is_not_there_is_said_with_those_that_are(jobs: Path) -> None:
    with pytest.raises(Problem, match="functions there: generator_holder, with_tax"):
        load_target(f"{jobs}:tax")


def test_a_file_that_does_not_load_is_said_with_its_line(jobs: Path) -> None:
    jobs.write_text("x = 1\nimport no_such_thing\n")
    with pytest.raises(Problem, match=r"No module named 'no_such_thing' \(jobs.py, line 2\)"):
        load_target(f"{jobs}:f")


def test_arguments_are_json_where_they_parse_and_text_where_not() -> None:
    words = ["1", "-2.5", "true", "null", '{"a": [1]}', "plain", '"quoted"', "a=b"]
    args, kwargs = arguments_of(words, ["n=3", "path=/a", "empty="])
    assert args == (1, -2.5, True, None, {"a": [1]}, "plain", "quoted", "a=b")
    assert kwargs == {"n": 3, "path": "/a", "empty": ""}


def test_text_that_begins_like_a_negative_number_is_that_text() -> None:
    held = [" -5", " -.5", " -1d", " plain"]  # with the space that keeps them from being options
    assert arguments_of(held, [])[0] == (-5, "-.5", "-1d", " plain")


def test_a_keyword_without_a_value_is_wrong_usage() -> None:
    with pytest.raises(Problem, match="NAME=VALUE") as raised:
        arguments_of([], ["n"])
    assert raised.value.code == 2


def test_a_function_that_cannot_be_pickled_names_the_object_and_why(
    gofer: Gofer, service: ScriptedService, jobs: Path
) -> None:
    said = gofer("run", f"{jobs}:generator_holder")
    assert (said.code, service.asked) == (1, [])
    assert "default of the argument 'items', a generator" in said.err
    assert "cannot pickle 'generator' object" in said.err


def test_globals_and_closures_in_the_way_are_named_too() -> None:
    inner = (n for n in "ab")

    def with_closure() -> object:
        return inner

    def with_global() -> object:
        return UNPICKLABLE

    error = TypeError("no")
    assert "closure's variable 'inner'" in str(unpicklable(with_closure, error))
    assert "global variable 'UNPICKLABLE'" in str(unpicklable(with_global, error))


def test_a_file_that_does_not_load_here_is_checked_by_its_source(
    gofer: Gofer, service: ScriptedService, jobs: Path
) -> None:
    text = "import no_such_thing\n\n\ndef f():\n    return undefined\n"
    jobs.write_text(text)
    found = {"level": "error", "code": "undefined-name", "name": "undefined", "line": 5}
    report = {"ok": False, "findings": [found | {"text": "nothing defines it"}]}
    service.answers["POST /v1/functions/preflight"] = report
    said = gofer("fn", "preflight", f"{jobs}:f")
    assert service.asked[0].body == {"name": "f", "source": text, "entry": "f"}
    assert said.code == 1
    assert "undefined-name" in said.out
