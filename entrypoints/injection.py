"""dependency-injector, loaded without the frameworks that its wiring would bring along.

``dependency_injector.containers`` imports ``wiring``, which imports FastAPI and Starlette where
they are installed, so that ``@inject`` can know their parameters. We never wire (see
``container.py``); a dispatcher or a worker would load a web framework for nothing (0.15 s of CPU
and 15 MB each). So for the time of that one import they are absent, as they may well be: a None in
``sys.modules`` is Python's own way to say so. Whoever imports them later gets them as ever.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager

_FRAMEWORKS = ("fastapi", "fast_depends", "starlette", "werkzeug")


@contextmanager
def _absent(*names: str) -> Generator[None]:
    """Let imports of these modules fail, but of those that are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _absent(*_FRAMEWORKS):
    from dependency_injector import containers, providers

__all__ = ["containers", "providers"]
