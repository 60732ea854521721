"""An example of every body, as JSON; a test reads each as what it is an example of."""

from typing import Any

from msgspec import Struct

from .fields import BATCH, CALL, FUNCTION, MEMBER, NAME, TASK
from .problems import KINDS, URN

_AT = "2026-11-22T21:05:25.123Z"
_TASK_LINKS = {
    "self": f"/v1/tasks/{TASK}",
    "result": f"/v1/tasks/{TASK}/result",
    "events": f"/v1/tasks/{TASK}/events",
    "logs": f"/v1/tasks/{TASK}/logs",
    "attempts": f"/v1/tasks/{TASK}/attempts",
    "explain": f"/v1/tasks/{TASK}/explain",
    "cancel": f"/v1/tasks/{TASK}/cancel",
    "retry": f"/v1/tasks/{TASK}/retry",
}
_BATCH_LINKS = {
    "self": f"/v1/batches/{BATCH}",
    "results": f"/v1/batches/{BATCH}/results",
    "cancel": f"/v1/batches/{BATCH}/cancel",
}
_FORTY_TWO = {"value": 42, "payload": "gARLKi4="}

_FUNCTION: dict[str, Any] = {
    "id": FUNCTION,
    "name": NAME,
    "version": 1,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "environment": {
        "implementation": "cpython",
        "python": "3.11",
        "dill": "0.4.0",
        "modules": [],
        "names": [],
    },
    "has_source": True,
    "has_bytecode": False,
    "defaults": {
        "timeout_s": 60.0,
        "retries": 3,
        "redeliveries": None,
        "priority": None,
        "result_ttl_s": None,
    },
    "created_at": _AT,
    "links": {
        "self": f"/v1/functions/{FUNCTION}",
        "versions": f"/v1/functions/{FUNCTION}/versions",
        "call": f"/v1/functions/{FUNCTION}/call",
    },
}

_TASK = {
    "id": TASK,
    "function": {"id": FUNCTION, "name": NAME, "version": 1},
    "status": "RUNNING",
    "reason": "",
    "attempt": 1,
    "priority": 1,
    "tags": [],
    "progress": None,
    "worker": "host-4711-0badcafe",
    "batch": None,
    "created_at": _AT,
    "queued_at": None,
    "started_at": _AT,
    "finished_at": None,
    "run_at": None,
    "expires_at": None,
    "timeout_s": 60.0,
    "retries": 3,
    "redeliveries": 2,
    "backoff": {"initial_s": 1.0, "factor": 4.0, "max_s": 16.0, "jitter": 0.2},
    "result_ttl_s": None,
    "links": _TASK_LINKS,
}

_WORKER = {
    "id": "host-4711-0badcafe",
    "mode": "push",
    "host": "host",
    "pid": 4711,
    "environment": _FUNCTION["environment"],
    "slots": 8,
    "in_hand": 1,
    "running": [TASK],
    "state": "ready",
    "connected_at": _AT,
    "seen_at": _AT,
    "dispatcher": "host-4700-0badf00d",
    "links": {
        "self": "/v1/workers/host-4711-0badcafe",
        "drain": "/v1/workers/host-4711-0badcafe/drain",
    },
}

_QUEUE = {
    "priority": 1,
    "depth": 2,
    "oldest_age_s": 0.25,
    "paused": False,
    "rates": {"submitted_per_s": 3.5, "claimed_per_s": 3.0},
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "SubmitBatch": {
        "function": NAME,
        "retries": 1,
        "tasks": [{"args": [-21]}, {"payload": CALL}],
    },
    "BatchSubmitted": {
        "id": BATCH,
        "count": 1,
        "tasks": [{"id": MEMBER, "status": "QUEUED"}],
        "links": _BATCH_LINKS,
    },
    "BatchStands": {
        "id": BATCH,
        "created_at": _AT,
        "count": 1,
        "last": 1,
        "waiting": 0,
        "completed": 1,
        "failed": 0,
        "cancelled": 0,
        "expired": 0,
        "done": True,
        "links": _BATCH_LINKS,
    },
    "BatchCancelled": {"id": BATCH, "prevented": 1, "stopping": 0, "too_late": 0},
    "Page": {
        "items": [{"id": MEMBER, "position": 1, "status": "COMPLETED", **_FORTY_TWO}],
        "next_cursor": "1",
        "done": True,
    },
    "SubmitTask": {
        "function": NAME,
        "args": [-21],
        "kwargs": {},
        "retries": 3,
        "timeout_s": 60,
    },
    "Call": {"args": [-21], "kwargs": {}},
    "TaskStands": _TASK,
    "TaskPage": {"items": [_TASK], "next_cursor": None},
    "Attempts": {
        "items": [
            {
                "number": 1,
                "outcome": "completed",
                "worker": "host-4711-0badcafe",
                "queued_at": _AT,
                "started_at": _AT,
                "finished_at": _AT,
                "queued_s": 0.002,
                "run_s": 1.5,
                "peak_rss_kb": 40960,
                "error": None,
                "output": "",
            }
        ]
    },
    "Log": {
        "id": TASK,
        "attempt": 1,
        "text": "step 1\nstep 2\n",
        "next_offset": 14,
        "truncated": False,
        "done": False,
    },
    "Explained": {
        "id": TASK,
        "status": "QUEUED",
        "summary": "No worker is connected.",
        "reasons": [{"code": "no-worker", "text": "No worker is connected.", "lost": 0}],
    },
    "WorkerStands": _WORKER,
    "WorkerPage": {"items": [_WORKER], "next_cursor": None},
    "QueueStands": _QUEUE,
    "QueuesStand": {
        "items": [_QUEUE],
        "next_cursor": None,
        "delayed": 0,
        "running": 1,
        "totals": {"submitted": 9, "completed": 6, "failed": 1, "cancelled": 0, "expired": 0},
    },
    "QueuePurged": {"priority": 1, "cancelled": 2},
    "Result": {"id": TASK, "status": "COMPLETED", **_FORTY_TWO},
    "TaskCancelled": {"id": TASK, "outcome": "prevented"},
    "RegisterFunction": {
        "name": NAME,
        "source": "def absolute(x):\n    return abs(x)\n",
        "defaults": {"timeout_s": 60, "retries": 3},
    },
    "Preflight": {
        "ok": False,
        "findings": [
            {
                "level": "error",
                "code": "undefined-name",
                "name": "np",
                "line": 2,
                "text": "np is defined nowhere: import it inside of the function",
            }
        ],
        "environment": _FUNCTION["environment"],
        "bytes": {"bytecode": 0, "source": 37, "closure": 0},
    },
    "FunctionStands": _FUNCTION,
    "FunctionPage": {"items": [_FUNCTION], "next_cursor": None},
    "Version": {"version": "0.1.0", "api": "v1"},
}


def example_of(kind: type[Struct]) -> dict[str, Any]:
    """Return the example of a body."""
    return EXAMPLES[kind.__name__]


def example_of_problem(status: int) -> dict[str, Any]:
    """Return the example of a problem with this status."""
    kind, meant = next((kind, each) for kind, each in KINDS.items() if each == status)
    return {"type": URN + kind, "title": meant.phrase, "status": status, "detail": "what is wrong"}
