"""The script that docs/sdk.md shows runs, against a gofer."""

import os
import subprocess
import sys
from pathlib import Path

import gofer.testing
from tests.support.pages import page

THIS = "tests/integration/docs/test_sdk_page.py"


def test_the_script_of_the_page_runs(tmp_path: Path) -> None:
    script = tmp_path / "shown.py"
    script.write_text("\n\n".join(page("docs/sdk.md").blocks_run_by(THIS)))
    with gofer.testing.running(slots=4) as system:
        environment = {**os.environ, "GOFER_URL": system.url}
        command = [sys.executable, "-P", str(script)]
        done = subprocess.run(
            command, env=environment, text=True, capture_output=True, check=False, timeout=50
        )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("49 ")
    assert lines[1:] == [
        *("332833500", "64", "[64]"),
        *("8", "27", "64", "[0, 1, 8, 27, 64]", "64"),
        *("25", "[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]", "[0, 1, 4, 9, 16]"),
        "ValueError(3) True",
    ]
