"""The page about the web service says what is so."""

import ast
import re

from gofer.adapters.payload import PickleInspector, decode_payload
from gofer.entrypoints.rest.problems import STATUSES
from gofer.entrypoints.settings import Settings
from tests.support.checkout import ROOT

PAGE = (ROOT / "docs" / "rest.md").read_text(encoding="utf-8")


def test_every_setting_of_the_page_exists() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"[a-z_]+", row)}
    assert len(named) > 8
    assert named <= set(Settings.model_fields)


def test_the_page_has_the_default_size_of_a_body() -> None:
    assert f"{Settings().max_body_bytes:,}".replace(",", " ") in PAGE


def test_the_page_has_every_status_that_an_error_can_get() -> None:
    documented = {int(number) for number in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)}
    assert {int(status) for status in STATUSES.values()} <= documented


def test_the_examples_in_python_are_python() -> None:
    snippets = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(snippets) == 2
    assert all(ast.parse(snippet).body for snippet in snippets)


def test_the_payloads_of_the_example_with_curl_are_pickles() -> None:
    payloads = re.findall(r'"payload": "([^"]+)"', PAGE)
    assert len(payloads) == 3
    assert all(PickleInspector().inspect(decode_payload(text)).opcodes for text in payloads)
