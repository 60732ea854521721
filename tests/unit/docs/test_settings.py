"""The pages about settings say what is so: all of them, each with its default."""

import math
from typing import Any

import pytest

from gofer.entrypoints.settings import Settings
from tests.support.pages import page, unquoted

COMPUTED = {"workers": "number of CPUs", "max_body_bytes": "computed"}


def shown(name: str, default: Any) -> str:
    """Return a default as the pages write it."""
    if name in COMPUTED:
        return COMPUTED[name]
    words = {None: "none", math.inf: "for ever", (): "empty"}
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default in words:
        return words[default]
    return f"`{default:g}`" if isinstance(default, float) and default < 10_000 else f"`{default}`"


def defaults() -> dict[str, str]:
    """Return every setting with its default, as the pages write it."""
    return {name: shown(name, field.default) for name, field in Settings.model_fields.items()}


def test_the_page_has_every_setting_with_its_default() -> None:
    rows = page("docs/settings.md").rows("setting")
    assert {unquoted(name): default for name, default, _ in rows} == defaults()
    assert len(rows) == len(Settings.model_fields)


def test_the_readme_shows_defaults_as_they_are() -> None:
    rows = page("README.md").rows("variable")
    known = {f"`GOFER_{name.upper()}`": default for name, default in defaults().items()}
    assert rows
    assert [row for row in rows if known.get(row[0]) != row[1]] == []


def test_the_file_that_the_page_shows_is_accepted(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = page("docs/settings.md").blocks("toml")
    (tmp_path / "gofer.toml").write_text(block)
    monkeypatch.setenv("GOFER_CONFIG", str(tmp_path / "gofer.toml"))
    settings = Settings()
    assert (settings.mode, settings.dispatcher_host) == ("push", "0.0.0.0")  # noqa: S104
    assert "secret" not in str(settings)
