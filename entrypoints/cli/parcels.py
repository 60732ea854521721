"""A function on its way to the service: its source, its pickle, and what it was pickled with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..sdk import outcomes
from ..sdk.packing import Parcel, environment, name_of
from .pickling import unpicklable
from .problems import Problem
from .targets import load_target


def parcel_of(
    target: str, name: str | None = None, defaults: Mapping[str, Any] | None = None
) -> Parcel:
    """Return the function ``FILE:FUNC`` or ``MODULE:FUNC`` names, ready to be registered.

    A file's whole text goes along as its source, so that it can run under other Python versions.
    Raises Problem for what cannot be loaded or pickled.
    """
    function = load_target(target)
    where, _, entry = target.rpartition(":")
    try:
        pickled = outcomes.dump(function)
    except Exception as error:  # noqa: BLE001 - what a script holds may raise anything
        raise unpicklable(function, error) from None
    parcel = Parcel(
        name or name_of(function), pickled, environment(function), defaults=defaults or {}
    )
    if Path(where).is_file() and "." not in entry:
        parcel.source, parcel.entry = Path(where).read_text(encoding="utf-8"), entry
    return parcel


def wish_of(target: str, name: str | None = None, defaults: Mapping[str, Any] | None = None) -> Any:
    """Return the body that registers the function, or has it checked."""
    return msgspec.json.decode(parcel_of(target, name, defaults).wish())


def checked_wish_of(target: str, name: str | None = None) -> Any:
    """Return the body that has a function checked: of its source alone where it does not load."""
    try:
        return wish_of(target, name)
    except Problem:
        where, _, entry = target.rpartition(":")
        if not Path(where).is_file() or "." in entry:
            raise
        text = Path(where).read_text(encoding="utf-8")
        return {"name": name or entry, "source": text, "entry": entry}
