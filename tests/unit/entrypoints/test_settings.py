"""Where settings come from, what they refuse, and that they keep secrets."""

import math
import os
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.domain.policy import Timers
from gofer.domain.submissions import Limits
from gofer.entrypoints.settings import (
    MIB,
    Settings,
    SettingsProblem,
    StoreUrl,
    load_settings,
    parse_store,
)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOFER_")]:
        monkeypatch.delenv(name)


def problem(**arguments: object) -> str:
    """Return the words with which these settings are refused."""
    with pytest.raises(SettingsProblem) as caught:
        load_settings(**arguments)
    return str(caught.value)


# ---------------------------------------------------------------- sources


def test_the_defaults_are_the_domain_s() -> None:
    settings = load_settings()
    assert settings.limits() == Limits()
    assert settings.timers() == Timers()
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8000)


def test_a_variable_wins_over_the_file_and_an_argument_over_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "gofer.toml"
    file.write_text('http_port = 1\nhttp_host = "::1"\nworkers = 7\n', encoding="utf-8")
    monkeypatch.setenv("GOFER_CONFIG", str(file))
    monkeypatch.setenv("GOFER_HTTP_HOST", "0.0.0.0")  # noqa: S104 - never listened on
    monkeypatch.setenv("GOFER_WORKERS", "5")
    settings = load_settings(workers=3)
    assert (settings.http_port, settings.http_host, settings.workers) == (1, "0.0.0.0", 3)  # noqa: S104


def test_an_argument_that_is_none_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFER_HTTP_PORT", "81")
    assert load_settings(http_port=None).http_port == 81


def test_an_empty_variable_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFER_TIMEOUT_S", "")
    assert load_settings().timeout_s is None


def test_a_file_that_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOFER_CONFIG", str(tmp_path / "none.toml"))
    assert re.search(r"GOFER_CONFIG .*none\.toml: No such file", problem())


def test_a_file_that_is_no_toml_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "gofer.toml"
    file.write_text("http_port: 8000", encoding="utf-8")
    monkeypatch.setenv("GOFER_CONFIG", str(file))
    assert "is no TOML" in problem()


def test_a_setting_of_the_file_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "gofer.toml"
    file.write_text("http_prot = 8000", encoding="utf-8")
    monkeypatch.setenv("GOFER_CONFIG", str(file))
    assert problem().startswith("http_prot: ")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(load_settings(), "http_port", 1)  # noqa: B010 - the type checker knows it too


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mode", "pul", "'local', 'push' or 'pull'"),
        ("http_port", 70_000, "65535"),
        ("http_port", "eighty", "integer"),
        ("workers", 0, "greater than or equal to 1"),
        ("workers", "many", "integer"),
        ("timeout_s", 0, "greater than 0"),
        ("timeout_s", 1e300, "less than or equal"),
        ("retention_s", -1, "greater than 0"),
        ("retention_s", "inf", "less than or equal"),
        ("payload_limit_bytes", 1024 * MIB, "less than or equal"),
        ("wait_for_store_s", "perhaps", "number"),
        ("log_level", "loud", "'debug'"),
        ("nonsense", 1, "not permitted"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_possible(
    name: str, value: object, words: str
) -> None:
    said = problem(**{name: value})
    assert said.startswith(f"{name}: ")
    assert words in said
    assert "\n" not in said


def test_several_wrong_settings_are_all_named() -> None:
    said = problem(mode="x", http_port=-1)
    assert [line.partition(":")[0] for line in said.splitlines()] == ["http_port", "mode"]


def test_intervals_that_contradict_each_other_are_refused() -> None:
    assert "lease_ms - fence_ms must cover silence_ms + renew_ms" in problem(lease_ms=12_000)


def test_intervals_can_be_shortened_together() -> None:
    quick = load_settings(
        beat_ms=50, silence_ms=150, lease_ms=600, renew_ms=100, fence_ms=100, reap_ms=20
    )
    assert quick.timers().lease_ms == 600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("yes", math.inf),
        ("true", math.inf),
        (True, math.inf),
        ("no", 0),
        ("FALSE", 0),
        ("2.5", 2.5),
    ],
)
def test_waiting_for_the_store_is_yes_no_or_seconds(value: object, seconds: float) -> None:
    assert load_settings(wait_for_store_s=value).wait_for_store_s == seconds


@pytest.mark.parametrize(("seconds", "ms"), [(None, None), (1.5, 1500), (0.0001, 1)])
def test_a_time_limit_is_whole_milliseconds_and_never_none_by_rounding(
    seconds: float | None, ms: int | None
) -> None:
    assert load_settings(timeout_s=seconds).timeout_ms == ms


# ---------------------------------------------------------------- the size of bodies


@given(st.integers(1, 64 * MIB), st.integers(1, 64 * MIB))
def test_the_largest_payload_fits_into_a_body_as_base64_with_escaped_line_breaks(
    payload: int, function: int
) -> None:
    settings = Settings(payload_limit_bytes=payload, function_limit_bytes=function)
    largest = max(payload, function)
    lines = -(-largest // 57)
    assert settings.max_body_bytes >= 4 * (-(-largest // 3)) + 2 * lines + 1000


@pytest.mark.parametrize("limit", ["function_limit_bytes", "payload_limit_bytes"])
def test_a_message_has_room_for_the_largest_function_with_its_arguments(limit: str) -> None:
    assert Settings().message_bytes == 64 * 2**20
    raised = Settings.model_validate({limit: 200 * 2**20, "http_buffer_limit_bytes": 2**30})
    assert raised.carried_bytes == 216 * 2**20
    assert raised.message_bytes > raised.carried_bytes


def test_a_message_has_room_for_the_largest_result() -> None:
    assert Settings(result_limit_bytes=200 * 2**20).message_bytes > 200 * 2**20


def test_the_buffer_for_bodies_holds_at_least_one() -> None:
    assert "http_buffer_limit_bytes must be at least" in problem(http_buffer_limit_bytes=1000)


# ---------------------------------------------------------------- the store


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("memory://", "memory", "memory://"),
        ("redis://host", "redis", "redis://host:6379/0"),
        ("redis://user:secret@host:1234/5", "redis", "redis://host:1234/5"),
        ("rediss://:secret@[::1]:1234?password=secret", "redis", "rediss://[::1]:1234/0"),
        ("REDIS://host", "redis", "redis://host:6379/0"),
        ("unix:///run/redis.sock?password=secret", "redis", "unix:///run/redis.sock"),
    ],
)
def test_a_store_s_address_is_understood_and_shown_without_secrets(
    text: str, kind: str, shown: str
) -> None:
    store = parse_store(text)
    assert (store.kind, str(store), store.reveal()) == (kind, shown, text)


def test_an_embedded_store_has_an_absolute_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_store("embedded://here").directory == tmp_path / "here"
    assert parse_store("embedded:///there").directory == Path("/there")
    assert parse_store("embedded://").directory is None


def test_an_address_that_was_understood_already_is_taken_as_it_is() -> None:
    store = parse_store("redis://host")
    assert load_settings(store=store).store is store


@pytest.mark.parametrize(
    "text", ["", "redis", "localhost:6379", "mysql://u:secret@h", "memory://x", "://", "http://h"]
)
def test_what_is_no_store_is_refused_with_what_is_possible(text: str) -> None:
    said = problem(store=text)
    assert all(f"{scheme}://" in said for scheme in ("memory", "embedded", "redis", "rediss"))


@pytest.mark.parametrize(
    "text",
    [
        "redis://",
        "redis://:secret@",
        "redis://u:secret@host:port",
        "redis://u:secret@host:99999",
        "redis://u:secret@host/name",
        "redis://u:secret@host/\N{ARABIC-INDIC DIGIT TWO}",
        "redis://u:secret@[::1",
        "redis://u:secret\u2100@host",
        "unix://relative/secret",
        "unix://",
    ],
)
def test_a_server_s_address_that_cannot_be_right_is_refused_without_its_secret(text: str) -> None:
    said = problem(store=text)
    assert said.startswith("store: ")
    assert "secret" not in said


def test_the_password_is_in_no_text_that_settings_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFER_STORE", "redis://u:secret@host?password=secret")
    settings = load_settings()
    texts = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())]
    assert not any("secret" in text for text in texts)
    assert "secret" in settings.store.reveal()


def test_the_password_is_in_no_error_about_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFER_STORE", "redis://u:secret@host")
    monkeypatch.setenv("GOFER_LEASE_MS", "1")
    with pytest.raises(SettingsProblem) as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@given(st.text())
def test_no_text_makes_more_than_an_address_or_a_value_error(text: str) -> None:
    try:
        store = parse_store(text)
    except ValueError:
        return
    assert store.kind in get_args(get_type_hints(StoreUrl)["kind"])
