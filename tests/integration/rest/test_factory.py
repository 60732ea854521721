"""The ASGI factory, as any ASGI server uses it, configured by GOFER_* alone."""

import re

import httpx

from tests.support.original_client import serialize
from tests.support.processes import ProcessRunner, StartedProcess

FACTORY = ("--factory", "gofer.entrypoints.rest.app:create_app", "--port", "0")


def start(processes: ProcessRunner, **settings: str) -> StartedProcess:
    env = {f"GOFER_{name.upper()}": value for name, value in settings.items()}
    return processes.start_module("uvicorn", *FACTORY, env=env)


def address_of(server: StartedProcess) -> str:
    server.wait_for_log("Uvicorn running on ")
    found = re.search(r"Uvicorn running on (http://\S+)", server.log())
    assert found is not None
    return found[1]


def test_uvicorn_serves_what_the_factory_makes(processes: ProcessRunner, redis_url: str) -> None:
    server = start(processes, store=redis_url, max_body_bytes="2000")
    with httpx.Client(base_url=address_of(server)) as client:
        body = {"name": "f", "payload": serialize(abs)}
        assert client.post("/register_function", json=body).status_code == 200
        assert client.post("/register_function", content=b"x" * 2001).status_code == 413
        assert client.get("/readyz").status_code == 200
    server.stop()
    assert "Traceback" not in server.log()
    assert "Application shutdown complete" in server.log()


def test_it_comes_up_without_a_store_and_leaves_cleanly(processes: ProcessRunner) -> None:
    server = start(processes, store="redis://127.0.0.1:1/0")
    assert httpx.get(f"{address_of(server)}/readyz").status_code == 503
    server.stop()
    assert "Traceback" not in server.log()


def test_it_does_not_come_up_without_a_store_when_told_not_to_wait(
    processes: ProcessRunner,
) -> None:
    server = start(processes, store="redis://127.0.0.1:1/0", wait_for_store_s="no")
    assert server.wait() != 0
    assert "the store is unavailable" in server.log()


def test_a_wrong_setting_is_named_without_the_password(processes: ProcessRunner) -> None:
    server = start(processes, store="redis://u:secret@host:port")
    assert server.wait() != 0
    assert "its port is no number" in server.log()
    assert "secret" not in server.log()
