"""Where a child begins: what it is handed, and the step into ``child.py``.

The supervisor imports this and not ``child.py``, so that dill is never even loaded in it.
"""

from dataclasses import dataclass

from .launching import PassedFd
from .limits import ProcessLimits


@dataclass(frozen=True, slots=True)
class Passed:
    """The descriptors that a child is given."""

    channel: PassedFd
    results: PassedFd
    gate: PassedFd
    marker: PassedFd
    output_reader: PassedFd
    output_writer: PassedFd


@dataclass(frozen=True, slots=True)
class ChildSettings:
    """What a child is told once, when it starts: ``path`` becomes its ``sys.path``."""

    path: tuple[str, ...]
    limits: ProcessLimits
    parent_pid: int


def child_main(passed: Passed, settings: ChildSettings) -> None:
    """Be a child; returns when the supervisor hangs up."""
    from .child import main  # noqa: PLC0415 - never in the supervisor

    main(passed, settings)
