"""The testing kit: a whole gofer inside a test, for code that talks to gofer.

    with gofer.testing.running() as system:
        report = my_code.make_report(system.url)

docs/testing-kit.md shows how to use it. These names are kept stable; what they are made of is
not: it stands in ``entrypoints/testing`` and ``adapters/memory``.
"""

from .domain.task import Cause, Failure, Outcome, Success
from .entrypoints.testing.outcomes import held, raised, returned
from .entrypoints.testing.running import RunningSystem, running
from .entrypoints.testing.system import System, started

__all__ = [
    "Cause",
    "Failure",
    "Outcome",
    "RunningSystem",
    "Success",
    "System",
    "held",
    "raised",
    "returned",
    "running",
    "started",
]
