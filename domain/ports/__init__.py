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
from .functions import DELETED_RETENTIONS, Filed, FunctionStore
from .links import FromWorker, Link, Uplink
from .points import Point
from .store import BatchStore, TaskStore
from .world import Clock, Entropy, Inspection, PayloadInspector, Telemetry

__all__ = [
    "DELETED_RETENTIONS",
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
    "Filed",
    "FromWorker",
    "FunctionStore",
    "Hint",
    "Inspection",
    "Leased",
    "Link",
    "PayloadInspector",
    "Point",
    "Reaped",
    "Repeated",
    "Submitted",
    "TaskStore",
    "Telemetry",
    "Uplink",
    "Written",
]
