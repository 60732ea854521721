"""Logging of every process: one line an event on stderr, and never a payload or a secret."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)-7s %(name)s[%(process)d] %(message)s"


def set_up(level: str) -> None:
    """Send gofer's log, from ``level`` on, to stderr; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger("gofer")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(level.upper())
