"""The tests that docs/testing-kit.md shows pass, run by pytest as a user would run them."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.pages import page

THIS = "tests/integration/docs/test_testing_kit_page.py"
INI = """[pytest]
filterwarnings = error
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""


def test_every_test_that_the_page_shows_passes(tmp_path: Path) -> None:
    module = "\n\n".join(page("docs/testing-kit.md").blocks_run_by(THIS))
    (tmp_path / "test_shown.py").write_text(module)
    (tmp_path / "pytest.ini").write_text(INI)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shown.py"]
    shown = len(re.findall(r"^(async )?def test_", module, re.MULTILINE))
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{shown} passed" in done.stdout
