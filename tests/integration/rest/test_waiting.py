"""Clients that wait cost almost nothing: thousands at once, each woken by its task's completion."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from gofer.adapters.redis.store import RedisStore
from gofer.entrypoints.rest import descriptors
from tests.support import unpolled_api
from tests.support.crowd import allow_files, wait_and_be_woken
from tests.support.processes import ProcessRunner

CLIENTS = 2_000

SERVICE = Path(unpolled_api.__file__)


async def test_two_thousand_clients_wait_at_once_and_each_is_woken_by_its_task(
    processes: ProcessRunner, redis_url: str, figures: Callable[[str], None]
) -> None:
    allow_files(CLIENTS + descriptors.BESIDE)
    command = (sys.executable, "-P", str(SERVICE), "api", "--port", "0")
    service = processes.start(command, name="api", env={"GOFER_STORE": redis_url})
    service.wait_for_log("listens on http")
    found = re.search(r"listens on (http://\S+)", service.log())
    assert found is not None
    store = RedisStore.from_url(redis_url)
    try:
        woken = await wait_and_be_woken(found[1], store, CLIENTS)
    finally:
        await store.close()
    figures(str(woken))
    assert len(woken.woken_ms) == CLIENTS
    assert (
        max(woken.woken_ms) < 30_000
    )  # by completion: time is up after 60 s, a look comes after 3600
