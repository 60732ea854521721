"""The store on Redis against the contracts of the store, over a real server."""

from collections.abc import AsyncIterator

import pytest

from gofer.adapters.redis.driver import Timeouts, open_clients
from tests.contracts.event_store import EventStoreContract
from tests.contracts.function_store import FunctionStoreContract
from tests.contracts.output_store import OutputStoreContract
from tests.contracts.queue_store import QueueStoreContract
from tests.contracts.redis_backend import RedisBackends
from tests.contracts.store_backend import OpenBackend
from tests.contracts.task_history import TaskHistoryContract
from tests.contracts.task_store import TaskStoreContract
from tests.contracts.task_store_credit import TaskStoreCreditContract
from tests.contracts.task_store_families import TaskStoreFamiliesContract
from tests.contracts.task_store_signals import TaskStoreSignalsContract
from tests.contracts.task_store_times import TaskStoreTimesContract
from tests.contracts.worker_store import WorkerStoreContract


@pytest.fixture
async def open_backend(redis_url: str) -> AsyncIterator[OpenBackend]:
    backends = RedisBackends(lambda: open_clients(redis_url, Timeouts()))
    yield backends
    await backends.close()


class TestRedisStoreAsTaskStore(TaskStoreContract):
    pass


class TestRedisStoreAsHistory(TaskHistoryContract):
    pass


class TestRedisStoreAsFeed(EventStoreContract):
    pass


class TestRedisStoreAsQueues(QueueStoreContract):
    pass


class TestRedisStoreInTime(TaskStoreTimesContract):
    pass


class TestRedisStoreCredit(TaskStoreCreditContract):
    pass


class TestRedisStoreSignals(TaskStoreSignalsContract):
    pass


class TestRedisStoreAsOutputStore(OutputStoreContract):
    pass


class TestRedisStoreAsWorkerStore(WorkerStoreContract):
    pass


class TestRedisStoreFamilies(TaskStoreFamiliesContract):
    pass


class TestRedisStoreAsFunctionStore(FunctionStoreContract):
    pass
