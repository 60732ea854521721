"""What docs/original-routes.md shows works as shown, on a running gofer."""

import subprocess
import sys
from pathlib import Path

import gofer.testing
from tests.support.curl import curl, pairs
from tests.support.original_client import deserialize
from tests.support.pages import page

THIS = "tests/integration/docs/test_original_routes_page.py"
PAGE = page("docs/original-routes.md")
ADDRESS = "http://127.0.0.1:8000"


def test_the_python_script_prints_what_the_page_says(tmp_path: Path) -> None:
    (script,) = [block for block in PAGE.blocks_run_by(THIS) if "import dill" in block]
    (tmp_path / "first.py").write_text(script)
    with gofer.testing.running() as system:
        command = [sys.executable, "-W", "error", "first.py", system.url]
        printed = subprocess.check_output(command, cwd=tmp_path, text=True, timeout=30)
    assert printed in PAGE.blocks("text")


def test_the_curl_calls_are_answered_as_the_page_says() -> None:
    (calls,) = [block for block in PAGE.blocks_run_by(THIS) if "curl" in block]
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
