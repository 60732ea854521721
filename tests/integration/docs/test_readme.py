"""What README.md shows works as shown: its Python script and its curl calls, on a running gofer."""

import json
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import gofer.testing
from tests.support.original_client import deserialize
from tests.support.pages import page

THIS = "tests/integration/docs/test_readme.py"
README = page("README.md")
ADDRESS = "http://127.0.0.1:8000"


def test_the_python_script_prints_what_the_readme_says(tmp_path: Path) -> None:
    (script,) = [block for block in README.blocks_run_by(THIS) if "import dill" in block]
    (tmp_path / "first.py").write_text(script)
    with gofer.testing.running() as system:
        command = [sys.executable, "-W", "error", "first.py", system.url]
        printed = subprocess.check_output(command, cwd=tmp_path, text=True, timeout=30)
    assert printed in README.blocks("text")


def test_the_script_for_many_tasks_prints_what_the_readme_says(tmp_path: Path) -> None:
    (script,) = [block for block in README.blocks_run_by(THIS) if "submit_batch" in block]
    (tmp_path / "many.py").write_text(script)
    with gofer.testing.running() as system:
        command = [sys.executable, "-W", "error", "many.py", system.url]
        printed = subprocess.check_output(command, cwd=tmp_path, text=True, timeout=50)
    assert f"It prints `{printed.strip()}`" in README.text


def test_the_curl_calls_are_answered_as_the_readme_says() -> None:
    (calls,) = [block for block in README.blocks_run_by(THIS) if "curl" in block]
    known: dict[str, str] = {}
    result = ""
    with gofer.testing.running() as system:
        for shown, expected in pairs(calls):
            call = shown.replace(ADDRESS, system.url)
            for word, value in known.items():
                call = call.replace(word, value)
            if "/status/" in call:
                system.outcome(known["TASK_ID"])
            answer = curl(call)
            assert answer.keys() == expected.keys()
            result = str(answer.get("result"))
            for name, value in expected.items():
                if value in {"FUNCTION_ID", "TASK_ID"}:
                    known[value] = answer[name]
                else:
                    assert answer[name] == value
    assert known.keys() == {"FUNCTION_ID", "TASK_ID"}
    assert deserialize(result) == 21


def pairs(block: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each call with the answer that stands below it."""
    lines = block.replace("\\\n", " ")
    found = re.findall(r"^(curl .*)\n# (\{.*\})$", lines, re.MULTILINE)
    assert len(found) == lines.count("curl ")
    return [(call, json.loads(answer)) for call, answer in found]


def curl(line: str) -> dict[str, Any]:
    """Do what curl does with the few options that the README uses."""
    words = shlex.split(line)[1:]
    data, headers, url = None, dict[str, str](), ""
    while words:
        word = words.pop(0)
        if word == "-d":
            data = words.pop(0).encode()
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word != "-s":
            url = word
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - our own URL
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own URL
        answer: dict[str, Any] = json.load(response)
    return answer
