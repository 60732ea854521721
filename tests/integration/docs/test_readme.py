"""What README.md shows works as shown: its Python script and its curl calls, on a running gofer."""

import subprocess
import sys
from pathlib import Path

import gofer.testing
from tests.support.curl import curl, pairs
from tests.support.pages import page

THIS = "tests/integration/docs/test_readme.py"
README = page("README.md")
ADDRESS = "http://127.0.0.1:8000"


def test_the_python_script_prints_what_the_readme_says(tmp_path: Path) -> None:
    (script,) = [block for block in README.blocks_run_by(THIS) if "@client.function" in block]
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
    with gofer.testing.running() as system:
        for shown, expected in pairs(calls):
            answer = curl(shown.replace(ADDRESS, system.url))
            assert expected.keys() <= answer.keys()
            for name, value in expected.items():
                assert value in {"FUNCTION_ID", "TASK_ID", answer[name]}
