"""Huey's instance and tasks: imported by its consumer and by its driver."""

import importlib
import os
from typing import Any

from benchmarks.peers.tasks import TASKS

huey_module: Any = importlib.import_module("huey")  # installed in its own environment only

queue: Any = huey_module.RedisHuey(
    "bench",
    url=os.environ["BENCH_STORE"],
    store_none=True,  # else there is nothing to wait for after a task that returns nothing
    notify_result="BENCH_HUEY_NOTIFY" in os.environ,
)

tasks: dict[str, Any] = {name: queue.task(name=name)(function) for name, function in TASKS.items()}
