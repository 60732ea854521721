"""The sources of the scripts: each is what it uses of ``lua/shared``, and then its own file.

A server makes all functions of a script anew for each call, 0.1 us each. So a script says in its
head which shared files it uses, those say which they use, and no others stand before it.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

FIRST = "values"
"""Stands before every script, which need not say so."""

_USES = re.compile(r"^-- Uses +([\w, ]+)$", re.MULTILINE)


def read_scripts(shared: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the sources of all scripts by name; ``shared`` may bring other shared files."""
    shared = read_shared() if shared is None else shared
    scripts: dict[str, str] = {}
    for name, source in _read(_folder()):
        scripts[name] = "\n".join([*(shared[each] for each in used(source, shared)), source])
    return scripts


def read_shared() -> dict[str, str]:
    """Return the sources of the shared files by name."""
    return dict(_read(_folder() / "shared"))


def uses(source: str) -> list[str]:
    """Return the shared files that a script or shared file says it uses itself."""
    said = _USES.search(source)
    return said[1].split(", ") if said else []


def used(source: str, shared: Mapping[str, str]) -> list[str]:
    """Return all shared files that a script needs, each behind those that it uses itself."""
    found: dict[str, None] = {FIRST: None}

    def add(names: list[str]) -> None:
        for name in names:
            if name not in found:
                add(uses(shared[name]))
                found[name] = None

    add(uses(source))
    return list(found)


def _folder() -> Traversable:
    return files(__package__ or __name__) / "lua"


def _read(folder: Traversable) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.name.endswith(".lua"):
            yield entry.name.removesuffix(".lua"), entry.read_text("utf-8")
