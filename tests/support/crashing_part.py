"""A part of the system, in a process that dies at a named point of its code.

    python crashing_part.py POINT HOW REACHED ARGUMENTS...      (ARGUMENTS of ``gofer``)

HOW is ``at`` (SIGKILL to itself at that very moment, what its sockets had not sent yet is lost) or
``after`` (it stands still there as long as the file REACHED exists, so that what was sent arrives;
the test kills it, or lets it go on). The empty file REACHED is made in either case. The part is
put together by the container as always, with
another Telemetry; nothing in gofer itself can do this.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from dependency_injector import providers

from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.ports import Point


class DeadlyTelemetry(CountingTelemetry):
    """Ends this process, or has it stand still, at one point."""

    def __init__(self, point: Point, how: str, reached: Path) -> None:
        super().__init__()
        self._point = point
        self._how = how
        self._reached = reached
        self._passed = False

    def point(self, point: Point) -> None:
        """Go no further than the point, the first time that it comes to it."""
        if point is not self._point or self._passed:
            return
        self._passed = True
        self._reached.touch()
        if self._how == "at":
            os.kill(os.getpid(), signal.SIGKILL)
        while self._reached.exists():
            time.sleep(0.01)


if __name__ == "__main__":
    _, name, how, reached, *arguments = sys.argv

    from gofer.entrypoints.cli import main
    from gofer.entrypoints.container import Container

    telemetry = DeadlyTelemetry(Point(name), how, Path(reached))
    container: Any = Container  # its providers are typed in part only
    container.telemetry.override(providers.Object(telemetry))
    sys.argv[1:] = arguments
    main()
