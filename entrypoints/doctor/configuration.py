"""The settings: what they are, where each comes from, and names that look like one and are none."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from ..kin import LIFELINE_VARIABLE, READY_VARIABLE
from ..sdk.address import TOKEN_VARIABLE, URL_VARIABLE
from ..settings import CONFIG_VARIABLE, Settings, SettingsProblem, load_settings
from .findings import Finding, fail, ok, warn

OTHERS: Final = frozenset(
    {CONFIG_VARIABLE, LIFELINE_VARIABLE, READY_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE}
)
PREFIX: Final = "GOFER_"


def sources() -> dict[str, str]:
    """Return where each setting comes from that is no default: a variable, or the file."""
    path = os.environ.get(CONFIG_VARIABLE)
    found: dict[str, str] = {}
    if path:
        with suppress(OSError, tomllib.TOMLDecodeError):  # said by the settings themselves
            found = dict.fromkeys(tomllib.loads(Path(path).read_text("utf-8")), path)
    for name in Settings.model_fields:
        if os.environ.get(PREFIX + name.upper()):
            found[name] = PREFIX + name.upper()
    return found


def shown(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return every setting with its source; a store's password is not shown."""
    values, origins = settings.model_dump(mode="json"), sources()
    return {
        name: {"value": value, "from": origins.get(name, "default")}
        for name, value in values.items()
    }


def read() -> tuple[Settings | None, list[Finding]]:
    """Return the settings, None if they are wrong, and what is to be said of them."""
    try:
        settings = load_settings()
    except SettingsProblem as problem:
        do = "mend the variable or the line of the file: docs/settings.md has all of them"
        return None, [fail("settings", str(problem).replace("\n", "; "), do)]
    return settings, [*_look_at_sources(settings), *_look_for_typos()]


def _look_at_sources(settings: Settings) -> Iterator[Finding]:
    changed = [
        f"{name} = {each['value']} ({each['from']})"
        for name, each in shown(settings).items()
        if each["from"] != "default"
    ]
    yield ok("settings", "; ".join(changed) or "all are defaults")


def _look_for_typos() -> Iterator[Finding]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHERS
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known and not name.startswith("GOFER_TEST_"):
            near = get_close_matches(name, known, 1)
            meant = f"did you mean {near[0]}?" if near else "docs/settings.md has all of them"
            yield warn("settings", f"{name} is set, and no setting has that name", meant)
