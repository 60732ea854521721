"""Forbids this process to open pickles: payloads are opened by workers' children and clients alone.

The rule of imports (pyproject.toml) keeps our own code from it; this keeps everything else that
is loaded here from it, too: an audit hook refuses the moment in which a pickle's name would be
looked up, before anything is called. It sees pickle, dill and the pure-Python unpickler. It cannot
be taken away again, so only the main functions of parts may call this, never a library or a test.
Children are other programs (started by exec) and do not inherit it.
"""

import logging
import sys
from typing import Any

log = logging.getLogger("gofer")

_EVENT = "pickle.find_class"


class UnpicklingForbidden(RuntimeError):
    """Something tried to open a pickle in a process that must never do so."""


def forbid_unpickling() -> None:
    """Refuse, from now on and for good, every pickle that refers to anything by name."""
    if not _armed:
        _armed.append(True)
        sys.addaudithook(_hook)


_armed: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == _EVENT:
        refused = UnpicklingForbidden(
            f"this process must not open pickles, and one that names {arguments[0]!r:.80}."
            f"{arguments[1]!r:.80} was about to be opened: it would run code of whoever made it"
        )
        log.critical("%s", refused, stack_info=True)
        raise refused
