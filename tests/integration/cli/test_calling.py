"""``gofer run`` and ``gofer map`` against a system that runs."""

import json
import os
from pathlib import Path

import pytest

from tests.integration.cli.terminal import Gofer

CALLS = '''
import sys

FACTOR = 3


def triple(number, plus=0):
    """Return three times a number; what is no number raises."""
    if number == 13:
        raise ValueError(f"not {number}")
    return FACTOR * number + plus


def ramble():
    raise ValueError("and so on " * 50)


def imaginary(real):
    return complex(real, 1)


class Mark:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"<{self.text}>"


def mark(text):
    return Mark(text)
'''


@pytest.fixture
def calls(jobs: Path) -> str:
    jobs.write_text(CALLS)
    return str(jobs)


def test_a_function_is_run_and_its_value_printed(run: Gofer, calls: str) -> None:
    said = run("run", f"{calls}:triple", "-2", "--kw", "plus=1")
    assert (said.code, said.out) == (0, "-5\n")


def test_a_value_that_is_no_json_is_printed_as_python_shows_it(run: Gofer, calls: str) -> None:
    assert run("run", f"{calls}:imaginary", "2").out == "(2+1j)\n"


def test_a_value_of_a_class_of_the_file_comes_back(run: Gofer, calls: str) -> None:
    assert run("run", f"{calls}:mark", "here").out == "<here>\n"


def test_what_it_raises_is_shown_with_its_traceback(run: Gofer, calls: str) -> None:
    said = run("run", f"{calls}:triple", "13")
    assert (said.code, said.out) == (1, "")
    assert 'raise ValueError(f"not {number}")' in said.err
    assert "failed: ValueError: not 13" in said.err


def test_a_registered_function_is_called_with_plain_arguments(run: Gofer, calls: str) -> None:
    registered = run("fn", "register", f"{calls}:triple", "--timeout", "9", "--json").json
    ref = registered["id"]
    assert registered["name"] == "triple"
    assert run("fn", "call", ref, "4", "--kw", "plus=1").out == "13\n"
    failed = run("fn", "call", ref, "13", "--json")
    assert (failed.code, failed.json["error"]["type"]) == (1, "ValueError")
    assert "triple" in run("fn", "show", ref).out


def test_what_a_service_does_not_know_is_said(run: Gofer) -> None:
    said = run("fn", "call", "nobody", "1")
    assert said.code == 1
    assert "nobody" in said.err


def test_a_long_message_is_said_once(run: Gofer, calls: str) -> None:
    said = run("run", f"{calls}:ramble")
    assert said.code == 1
    assert said.err.count("and so on " * 49) == 1
    assert "failed: ValueError (" in said.err


def test_a_detached_call_prints_the_id_to_ask_for(run: Gofer, calls: str) -> None:
    task_id = run("run", "--detach", f"{calls}:triple", "5", "--retries", "1").out.strip()
    assert run("task", "result", task_id).out == "15\n"


def test_lines_are_mapped_in_order(run: Gofer, calls: str) -> None:
    said = run("map", f"{calls}:triple", stdin="".join(f"{n}\n" for n in range(100, 2600)))
    assert said.code == 0
    assert [json.loads(line) for line in said.lines] == [3 * n for n in range(100, 2600)]
    assert said.err == ""


def test_lines_may_be_the_arguments_themselves(run: Gofer, calls: str, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text('[1, 1]\n\n{"number": 2, "plus": 2}\n')
    assert run("map", f"{calls}:triple", str(lines), "--spread").lines == ["4", "8"]


def test_lines_may_come_from_a_pipe_or_a_dash_and_not_from_a_folder(
    run: Gofer, calls: str, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"1\n2\n")
    os.close(writing)
    try:
        assert run("map", f"{calls}:triple", f"/dev/fd/{reading}").lines == ["3", "6"]
    finally:
        os.close(reading)
    assert run("map", f"{calls}:triple", "-", stdin="3\n").lines == ["9"]
    assert run("map", f"{calls}:triple", os.devnull).code == 0
    assert "there is no file" in run("map", f"{calls}:triple", str(tmp_path)).err


def test_lines_that_cannot_be_read_are_said_and_end_it(run: Gofer, calls: str) -> None:
    said = run("map", f"{calls}:triple", "/proc/self/mem")
    assert (said.code, said.out) == (1, "")
    assert "the lines cannot be read: [Errno 5]" in said.err


def test_a_line_that_fails_stands_in_its_place_and_the_code_is_one(run: Gofer, calls: str) -> None:
    said = run("map", f"{calls}:triple", stdin="1\n13\n2\n")
    first, second, third = map(json.loads, said.lines)
    assert (said.code, first, third) == (1, 3, 6)
    assert second["error"]["message"] == "not 13"
    assert "1 of 3 tasks did not complete" in said.err


def test_with_json_each_line_says_which_task_it_was(run: Gofer, calls: str) -> None:
    (line,) = run("map", f"{calls}:triple", "--json", stdin="1\n").lines
    content = json.loads(line)
    assert content.pop("id")
    assert content == {"position": 1, "status": "COMPLETED", "value": 3}


def test_a_line_that_is_no_json_is_named(run: Gofer, calls: str) -> None:
    said = run("map", f"{calls}:triple", stdin="1\nno\n")
    assert said.code == 1
    assert "line 2 is no JSON" in said.err
