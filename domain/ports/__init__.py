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
    Credit,
    Defeat,
    End,
    Ending,
    Hint,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)
from .events import Change, EventStore, Feed
from .executor import Began, Ended, Executor, ExecutorEvent
from .functions import DELETED_RETENTIONS, Filed, FunctionStore
from .history import Retried, TaskHistory, TaskPage, TaskQuery
from .links import FromWorker, Link, Uplink
from .output import OutputStore, Shown
from .points import Point
from .queues import QueueState, QueueStore, Standing, Totals
from .store import BatchStore, Expected, TaskStore
from .whole import Store
from .workers import Muster, Sighting, WorkerRecord, WorkerState, WorkerStore
from .world import Clock, Entropy, Inspection, PayloadInspector, Telemetry

__all__ = [
    "DELETED_RETENTIONS",
    "BatchPage",
    "BatchState",
    "BatchStore",
    "Began",
    "Cancelled",
    "Change",
    "Claim",
    "Clock",
    "Completion",
    "Credit",
    "Defeat",
    "End",
    "Ended",
    "Ending",
    "Entropy",
    "EventStore",
    "Executor",
    "ExecutorEvent",
    "Expected",
    "Feed",
    "Filed",
    "FromWorker",
    "FunctionStore",
    "Hint",
    "Inspection",
    "Leased",
    "Link",
    "Muster",
    "OutputStore",
    "PayloadInspector",
    "Point",
    "QueueState",
    "QueueStore",
    "Reaped",
    "Repeated",
    "Retried",
    "Shown",
    "Sighting",
    "Standing",
    "Store",
    "Submitted",
    "TaskHistory",
    "TaskPage",
    "TaskQuery",
    "TaskStore",
    "Telemetry",
    "Totals",
    "Uplink",
    "WorkerRecord",
    "WorkerState",
    "WorkerStore",
    "Written",
]
