"""What the core needs of the world, in the domain's own verbs.

Adapters implement these Protocols; the contract suites in ``tests/contracts`` say in code what
the docstrings say in words, and run over every adapter. Ports speak the domain's verbs, never a
driver's. Expected outcomes are values.
"""

from .answers import (
    BatchPage,
    BatchState,
    Cancelled,
    Claim,
    Completion,
    Defeat,
    Ending,
    Hint,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)
from .executor import Began, Ended, Executor, ExecutorEvent
from .links import FromWorker, Link, Uplink
from .points import Point
from .store import BatchStore, FunctionStore, TaskStore
from .workers import Muster, Sighting, WorkerRecord, WorkerState, WorkerStore
from .world import Clock, Entropy, Inspection, PayloadInspector, Telemetry

__all__ = [
    "BatchPage",
    "BatchState",
    "BatchStore",
    "Began",
    "Cancelled",
    "Claim",
    "Clock",
    "Completion",
    "Defeat",
    "Ended",
    "Ending",
    "Entropy",
    "Executor",
    "ExecutorEvent",
    "FromWorker",
    "FunctionStore",
    "Hint",
    "Inspection",
    "Leased",
    "Link",
    "Muster",
    "PayloadInspector",
    "Point",
    "Reaped",
    "Repeated",
    "Sighting",
    "Submitted",
    "TaskStore",
    "Telemetry",
    "Uplink",
    "WorkerRecord",
    "WorkerState",
    "WorkerStore",
    "Written",
]
