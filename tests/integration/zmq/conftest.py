"""Every test of real sockets runs on both event loops: libzmq's descriptor is edge-triggered."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True, scope="session")
def libuv_has_its_pipe() -> None:
    """Have libuv make the one pipe that it keeps for the process: no test leaks it."""
    uvloop.new_event_loop().close()
