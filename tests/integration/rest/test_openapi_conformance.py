"""What the service does is what its description says: schemathesis finds nothing against it."""

import subprocess
import sys
from pathlib import Path

import pytest

import gofer.testing
from gofer.testing import returned
from tests.support.checkout import ROOT

EXAMPLES = 12
"""Random requests per operation, beside those that cover each constraint: a run takes 20 s."""


@pytest.mark.timeout(240)
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    with gofer.testing.running(run=lambda _function, _assignment: returned(42)) as system:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(ROOT / "schemathesis.toml")),
            *("run", f"{system.url}/openapi.json"),
            *("--seed", "1", "--max-examples", str(EXAMPLES)),
            *("--generation-database", "none", "--no-color", "--warnings", "off"),
        ]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "No issues found" in found.stdout
