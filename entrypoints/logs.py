"""Logging of every process: one line an event on stderr, and never a payload or a secret."""

import logging
import sys
from typing import Final

LEVELS: Final = {name.lower(): level for name, level in logging.getLevelNamesMapping().items()}
"""logging's levels by the names that the cores use."""

FORMAT = "%(asctime)s %(levelname)-7s %(name)s[%(process)d] %(message)s"


def set_up(level: str) -> None:
    """Send gofer's log, from ``level`` on, to stderr; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger("gofer")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(level.upper())
