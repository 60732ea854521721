"""``gofer doctor``: what it finds where all is well, and where something is not."""

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.answers import WORKER
from tests.integration.cli.terminal import Gofer, Said
from tests.support.redis_admin import redis_admin
from tests.support.scripted_service import ScriptedService, problem

NOWHERE = "redis://user:hush-hush@127.0.0.1:1/0"


@pytest.fixture
def healthy(service: ScriptedService, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be as it should be: the store, the service and a worker."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    environment = {"implementation": sys.implementation.name, "python": version}
    service.answers |= {
        "GET /healthz": {"status": "alive"},
        "GET /readyz": {"status": "ready"},
        "GET /openapi.json": {"info": {"version": "0.1.0"}},
        "GET /v1/workers": {"items": [WORKER | {"environment": environment}]},
    }
    monkeypatch.setenv("GOFER_STORE", redis_url)


def levels(said: Said) -> dict[str, set[str]]:
    """Return which levels each check came to."""
    found: dict[str, set[str]] = {}
    for check in said.json["checks"]:
        found.setdefault(check["check"], set()).add(check["level"])
    return found


def finding(said: Said, check: str, level: str) -> dict[str, Any]:
    """Return the first finding of a check and a level."""
    return next(c for c in said.json["checks"] if (c["check"], c["level"]) == (check, level))


@pytest.mark.usefixtures("healthy")
def test_where_all_is_well_nothing_fails_and_nothing_is_written(
    gofer: Gofer, redis_url: str
) -> None:
    said = gofer("doctor", "--json")
    assert said.code == 0, said.out
    assert said.json["ok"]
    found = levels(said)
    checks = ("clock", "disk", "environments", "service", "settings", "versions", "workers")
    assert [check for check in checks if found.get(check) != {"ok"}] == []
    assert {"python", "gofer", "dill", "redis", "pyzmq", "msgspec"} <= {*said.json["versions"]}
    assert said.json["settings"]["store"] == {"value": redis_url, "from": "GOFER_STORE"}
    with redis_admin(redis_url) as admin:
        assert admin.dbsize() == 0


@pytest.mark.usefixtures("healthy")
def test_a_store_that_was_named_and_is_away_fails_and_its_password_is_not_shown(
    gofer: Gofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFER_STORE", NOWHERE)
    said = gofer("doctor")
    assert said.code == 1
    assert "redis://127.0.0.1:1/0 does not answer" in said.out
    assert "gofer up" in said.out
    assert "hush" not in said.out + said.err + gofer("doctor", "--json").out


@pytest.mark.usefixtures("healthy")
def test_a_service_that_has_no_workers_is_a_warning_with_what_to_do(
    gofer: Gofer, service: ScriptedService
) -> None:
    service.answers["GET /v1/workers"] = {"items": []}
    said = gofer("doctor", "--json")
    assert said.code == 0
    assert "gofer worker" in finding(said, "workers", "warn")["do"]


@pytest.mark.usefixtures("healthy")
def test_workers_of_another_interpreter_are_a_warning(
    gofer: Gofer, service: ScriptedService
) -> None:
    environment = {"implementation": "cpython", "python": "3.7"}
    service.answers["GET /v1/workers"] = {"items": [WORKER | {"environment": environment}]}
    assert "cpython 3.7" in finding(gofer("doctor", "--json"), "environments", "warn")["text"]


@pytest.mark.usefixtures("healthy")
def test_a_service_whose_store_is_away_fails(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /readyz"] = problem(500, "internal", "the store is away")
    said = gofer("doctor", "--json")
    assert said.code == 1
    assert "the store is away" in finding(said, "service", "fail")["text"]


@pytest.mark.usefixtures("healthy")
def test_nobody_at_the_url_says_how_to_start_somebody(gofer: Gofer) -> None:
    said = gofer("doctor", "--json", "--url", "http://127.0.0.1:1")
    assert said.code == 1
    assert "gofer up" in finding(said, "service", "fail")["do"]


@pytest.mark.usefixtures("healthy")
def test_a_variable_that_is_nearly_a_setting_is_named(
    gofer: Gofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFER_WORKER", "3")
    assert finding(gofer("doctor", "--json"), "settings", "warn")["do"] == (
        "did you mean GOFER_WORKERS?"
    )


@pytest.mark.usefixtures("healthy")
def test_settings_that_are_wrong_fail_and_the_rest_is_still_looked_at(
    gofer: Gofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFER_BEAT_MS", "soon")
    said = gofer("doctor", "--json")
    assert said.code == 1
    assert "beat_ms" in finding(said, "settings", "fail")["text"]
    assert levels(said)["service"] == {"ok"}


@pytest.mark.usefixtures("healthy")
def test_a_setting_of_the_file_says_which_file_it_is_from(
    gofer: Gofer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gofer.toml").write_text("workers = 7\n")
    monkeypatch.setenv("GOFER_CONFIG", str(tmp_path / "gofer.toml"))
    settings = gofer("doctor", "--json").json["settings"]
    assert settings["workers"] == {"value": 7, "from": str(tmp_path / "gofer.toml")}
    assert settings["mode"] == {"value": "local", "from": "default"}


@pytest.mark.usefixtures("healthy")
def test_a_port_that_is_taken_says_by_whom(gofer: Gofer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GOFER_HTTP_PORT", str(port))
        text = finding(gofer("doctor", "--json"), "ports", "warn")["text"]
    assert f"{port} (web service): taken by another program (pid " in text
