"""Dramatiq's broker and actors: imported by its workers and by its driver."""

import importlib
import os
from typing import Any

from benchmarks.peers.tasks import TASKS

dramatiq: Any = importlib.import_module("dramatiq")  # installed in its own environment only
redis: Any = importlib.import_module("redis")
redis_broker: Any = importlib.import_module("dramatiq.brokers.redis")
results: Any = importlib.import_module("dramatiq.results")
backends: Any = importlib.import_module("dramatiq.results.backends")

# its blocking reads take longer than the 5 s after which redis-py 8 gives up by default
pool: Any = redis.ConnectionPool.from_url(os.environ["BENCH_STORE"], socket_timeout=None)

dramatiq.set_encoder(dramatiq.PickleEncoder())  # bytes travel as they are
backend: Any = backends.RedisBackend(
    client=redis.Redis(connection_pool=pool), encoder=dramatiq.PickleEncoder()
)
broker: Any = redis_broker.RedisBroker(client=redis.Redis(connection_pool=pool))
broker.add_middleware(results.Results(backend=backend, store_results=True))
dramatiq.set_broker(broker)

tasks: dict[str, Any] = {
    name: dramatiq.actor(function, actor_name=name) for name, function in TASKS.items()
}
