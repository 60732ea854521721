"""What a function's registration says: its source, its pickle, and what it was pickled with."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..sdk import outcomes
from .pickling import unpicklable
from .targets import load_target


def wish_of(target: str, name: str | None, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the body that registers the function ``FILE:FUNC`` or ``MODULE:FUNC``.

    A file's whole text goes along as its source, so that it can run under other Python versions.
    """
    function = load_target(target)
    where, _, entry = target.rpartition(":")
    try:
        pickled = outcomes.dump(function)
    except Exception as error:  # noqa: BLE001 - what stands in a script may raise anything when it is pickled
        raise unpicklable(function, error) from None
    wish: dict[str, Any] = {
        "name": name or entry.rpartition(".")[2],
        "bytecode": pickled,
        "environment": {
            "implementation": sys.implementation.name,
            "python": ".".join(platform.python_version_tuple()[:2]),
            "dill": version("dill"),
        },
    }
    if Path(where).is_file() and "." not in entry:
        wish |= {"source": Path(where).read_text(encoding="utf-8"), "entry": entry}
    return wish | ({"defaults": defaults} if defaults else {})
