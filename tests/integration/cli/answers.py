"""What the service answers, in the shapes of docs/rest.md."""

from typing import Any

TASK: dict[str, Any] = {
    "id": "t-1",
    "function": {"id": "f-1", "name": "resize", "version": 3},
    "status": "QUEUED",
    "reason": "no worker is connected",
    "attempt": 0,
    "priority": 0,
    "tags": ["nightly", "eu"],
    "progress": {"done": 3, "total": 10, "note": "halfway"},
    "worker": None,
    "created_at": "2026-11-22T21:05:25.123Z",
    "started_at": None,
    "finished_at": None,
    "links": {"self": "/v1/tasks/t-1"},
}
FUNCTION: dict[str, Any] = {
    "id": "f-1",
    "name": "resize",
    "version": 3,
    "environment": {"implementation": "cpython", "python": "3.11", "modules": ["numpy", "PIL"]},
    "has_source": True,
    "has_bytecode": False,
    "defaults": {"timeout_s": 60, "retries": None},
    "created_at": "2026-11-22T21:05:25.123Z",
}
QUEUE: dict[str, Any] = {
    "priority": 0,
    "depth": 12,
    "oldest_age_s": 75.5,
    "paused": True,
    "rates": {"submitted_per_s": 1234.5, "claimed_per_s": 0.0},
}
WORKER: dict[str, Any] = {
    "id": "w-1",
    "mode": "push",
    "host": "node",
    "pid": 7,
    "environment": {"implementation": "cpython", "python": "3.11"},
    "slots": 4,
    "in_hand": 2,
    "running": ["t-8", "t-9"],
    "state": "ready",
    "connected_at": "2026-11-22T21:05:25.123Z",
    "seen_at": "2026-11-22T21:05:25.123Z",
}
PAGES = {
    "GET /v1/tasks": {"items": [TASK], "next_cursor": None},
    "GET /v1/functions": {"items": [FUNCTION], "next_cursor": None},
    "GET /v1/queues": {"items": [QUEUE], "next_cursor": None, "delayed": 1, "running": 4},
    "GET /v1/workers": {"items": [WORKER]},
}


def columns(line: str) -> list[str]:
    """Return the cells of a line of plain columns."""
    return [cell for cell in line.split("  ") if cell]
