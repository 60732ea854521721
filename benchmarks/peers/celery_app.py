"""Celery's application: imported by its workers and by its driver."""

import importlib
import os
from typing import Any

from benchmarks.peers.tasks import TASKS

celery: Any = importlib.import_module("celery")  # installed in its own environment only

STORE = os.environ["BENCH_STORE"]

app: Any = celery.Celery("bench", broker=STORE, backend=STORE)
app.conf.update(
    task_serializer="pickle",  # bytes travel as they are
    result_serializer="pickle",
    accept_content=["pickle"],
    worker_prefetch_multiplier=64,  # "many short tasks: 64 or 128", its guide to optimizing
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    result_expires=3600,
)

tasks: dict[str, Any] = {
    name: app.task(name=f"bench.{name}", ignore_result=False)(function)
    for name, function in TASKS.items()
}
