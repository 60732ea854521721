"""Pages that are made from the code are as the code has it: `make reference` writes them."""

import pytest

from tests.support.checkout import ROOT
from tests.support.reference.__main__ import PAGES
from tests.support.reference.routes import routes_page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_made_from_the_code_is_fresh(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == PAGES[name](), "run `make reference`"


def test_the_command_lines_page_has_every_command() -> None:
    headings = {line for line in PAGES["docs/cli.md"]().splitlines() if line.startswith("## ")}
    assert {"## gofer run", "## gofer task explain", "## gofer workers drain"} <= headings


def test_the_rest_reference_has_every_route_with_its_answers() -> None:
    page = routes_page()
    assert "## `POST /v1/batches`" in page
    assert "## `GET /result/{task_id}`" in page
    assert "| 404 |" in page
