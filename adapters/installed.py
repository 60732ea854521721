"""What can be imported here: the top-level modules beyond the standard library.

A worker announces them, so that a function that needs one which no worker has is told so before
it runs. Looked up once, by the names of files alone: nothing is imported.
"""

import sys
from collections.abc import Iterable
from pkgutil import iter_modules

MODULES_MOST = 2_000
"""Names that are told; a machine has some hundred."""


def installed_modules(folders: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of modules on the import path and in ``folders``, sorted.

    Private ones are left out; the standard library is known by the version of Python.
    """
    found = {module.name for module in iter_modules([*folders, *sys.path])}
    known = {name for name in found if name.isidentifier() and name[0] != "_"}
    known -= sys.stdlib_module_names
    return tuple(sorted(known)[:MODULES_MOST])
