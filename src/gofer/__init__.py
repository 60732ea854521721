"""gofer runs any Python function on any of your machines, through one REST API."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .adapters.processes.progress import progress
    from .entrypoints.sdk.aio import AsyncClient
    from .entrypoints.sdk.aio_handles import AsyncBatch, AsyncFunction, AsyncTask
    from .entrypoints.sdk.batches import Batch, Result
    from .entrypoints.sdk.client import Client
    from .entrypoints.sdk.decorated import RemoteFunction
    from .entrypoints.sdk.errors import (
        ClientError,
        NotGofer,
        Refused,
        RemoteError,
        Unauthorized,
        Unreachable,
    )
    from .entrypoints.sdk.executor import Executor
    from .entrypoints.sdk.futures import TaskFuture
    from .entrypoints.sdk.handles import Task
    from .entrypoints.sdk.unpicklable import Unpicklable

__version__ = "0.1.0"

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "AsyncFunction",
    "AsyncTask",
    "Batch",
    "Client",
    "ClientError",
    "Executor",
    "NotGofer",
    "Refused",
    "RemoteError",
    "RemoteFunction",
    "Result",
    "Task",
    "TaskFuture",
    "Unauthorized",
    "Unpicklable",
    "Unreachable",
    "__version__",
    "progress",
]

_HOMES = {
    "aio": ("AsyncClient",),
    "aio_handles": ("AsyncBatch", "AsyncFunction", "AsyncTask"),
    "batches": ("Batch", "Result"),
    "client": ("Client",),
    "executor": ("Executor",),
    "futures": ("TaskFuture",),
    "decorated": ("RemoteFunction",),
    "handles": ("Task",),
    "unpicklable": ("Unpicklable",),
    "errors": (
        *("ClientError", "NotGofer", "Refused", "RemoteError"),
        *("Unauthorized", "Unreachable"),
    ),
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: a worker's child pays for none of it."""
    from importlib import import_module  # noqa: PLC0415 - see above

    if name == "progress":
        return vars(import_module(".adapters.processes.progress", __name__))["progress"]
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".entrypoints.sdk.{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
