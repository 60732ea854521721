"""Pickles that are the same in every process: the same function again is the same version again.

dill keeps the global names that a function uses in a set, and writes them in its order; pickle
writes a set in its own. Both orders change with the seed of the process's hashes, and so would the
pickle. Here names are written in the order of the alphabet, and plain values of a set in theirs.

Imports dill, which takes 60 ms: to be imported where it is needed.
"""

import io
from collections import OrderedDict
from typing import Any, cast

import dill  # type: ignore[import-untyped]

PLAIN = frozenset({bool, bytes, float, int, str, type(None)})
"""Types (exactly these) whose representation says all of a value."""

_dill_any = cast("Any", dill)
_set_items = _dill_any._dill._setitems  # noqa: SLF001 - marks the globals of a function


class _Postponed(OrderedDict[int, list[Any]]):
    """What dill writes after a function, by the function's id: the items of its globals are here.

    Where a later dill does this in another way, they are written in dill's order, as before.
    """

    def pop(self, key: int) -> list[Any]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take what is written after a function, names in order."""
        return list(map(_in_order, super().pop(key)))


def dumps(value: object) -> bytes:
    """Return the pickle of a value, with what a function needs of its script, in steady order."""
    file = io.BytesIO()
    pickler = _dill_any.Pickler(file, recurse=True, protocol=_dill_any.settings["protocol"])
    # set, not inherited: dill tells its own pickler from others by the module of its class
    pickler._postproc = _Postponed()  # noqa: SLF001 - as above
    pickler.reducer_override = _reduced
    pickler.dump(value)
    return file.getvalue()


def _in_order(postponed: Any) -> Any:
    call, arguments = postponed
    if call is not _set_items:
        return postponed
    names, values = arguments
    return call, (names, dict(sorted(values.items())))


def _reduced(value: Any) -> Any:
    """Have a set of plain values written in order; everything else as dill does."""
    if type(value) not in (set, frozenset) or not PLAIN.issuperset(map(type, value)):
        return NotImplemented
    return type(value), (sorted(value, key=lambda each: (type(each).__name__, repr(each))),)
