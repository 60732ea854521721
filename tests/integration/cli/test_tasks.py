"""``gofer task``: what it asks the service, and what it prints."""

from itertools import chain, repeat
from typing import Any

import pytest

from gofer import Client
from gofer.entrypoints.cli import patience
from tests.integration.cli.answers import PAGES, TASK, columns
from tests.integration.cli.terminal import Gofer
from tests.support.scripted_service import ScriptedService, Turns
from tests.support.waiting import wait_until

EXPLANATION = {
    "id": "t-1",
    "status": "QUEUED",
    "summary": "No worker is there.",
    "reasons": [{"code": "no-worker", "text": "No worker is there."}],
}


def test_tasks_are_listed_in_plain_columns(gofer: Gofer, service: ScriptedService) -> None:
    service.answers |= PAGES
    said = gofer("task", "ls", "--status", "queued", "--tag", "eu")
    heading, row = said.lines
    assert heading.startswith("ID   FUNCTION  STATUS")
    assert row.startswith("t-1  resize@3  QUEUED")
    assert "nightly, eu" in row
    assert row.endswith("no worker is connected")
    assert service.asked[0].query == {"status": "QUEUED", "tag": "eu", "limit": "20"}


def test_a_list_goes_on_past_pages_that_a_filter_left_empty(
    gofer: Gofer, service: ScriptedService
) -> None:
    empty: dict[str, Any] = {"items": [], "next_cursor": "c-1"}
    full = {"items": [TASK], "next_cursor": "c-2"}
    service.answers["GET /v1/tasks"] = Turns([empty, full])
    said = gofer("task", "ls", "-n", "1", "--json")
    assert said.json == full
    assert [asked.query.get("cursor") for asked in service.asked] == [None, "c-1"]


def test_what_follows_a_list_is_said_on_stderr(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /v1/tasks"] = {"items": [TASK], "next_cursor": "c-2"}
    assert "--cursor c-2" in gofer("task", "ls", "-n", "1").err


def test_a_task_is_shown_field_by_field(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /v1/tasks/t-1"] = TASK
    shown = dict(columns(line)[:2] for line in gofer("task", "show", "t-1").lines)
    assert shown["function"].strip() == "resize@3"
    assert shown["progress"].strip() == "3 of 10 halfway"
    assert "started_at" not in shown
    assert gofer("task", "show", "t-1", "--json").json == TASK


def test_waiting_asks_until_the_task_has_ended(gofer: Gofer, service: ScriptedService) -> None:
    running, completed = TASK | {"status": "RUNNING"}, TASK | {"status": "COMPLETED"}
    service.answers["GET /v1/tasks/t-1"] = Turns([running, completed])
    said = gofer("task", "wait", "t-1")
    assert (said.code, columns(said.lines[1])) == (
        0,
        ["t-1", "COMPLETED", "no worker is connected"],
    )
    assert [asked.query["wait"] for asked in service.asked] == ["3.0", "20.0"]


def test_waiting_for_what_does_not_start_says_why_once(
    gofer: Gofer, service: ScriptedService
) -> None:
    service.answers["GET /v1/tasks/t-1"] = Turns([TASK, TASK, TASK | {"status": "COMPLETED"}])
    service.answers["GET /v1/tasks/t-1/explain"] = EXPLANATION
    assert gofer("task", "wait", "t-1").err == "gofer: task t-1 is queued: No worker is there.\n"


def test_waiting_for_a_task_that_failed_exits_with_one(
    gofer: Gofer, service: ScriptedService
) -> None:
    service.answers["GET /v1/tasks/t-1"] = TASK | {"status": "FAILED"}
    assert gofer("task", "wait", "t-1").code == 1


def test_patience_that_ends_says_where_the_task_is(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /v1/tasks/t-1/result"] = (202, {"id": "t-1", "status": "RUNNING"})
    said = gofer("task", "result", "t-1", "--timeout", "0")
    assert said.code == 1
    assert "t-1 is RUNNING" in said.err
    assert "gofer task explain t-1" in said.err


@pytest.mark.parametrize(
    ("result", "printed"),
    [({"value": [1, "zwölf"]}, '[1, "zwölf"]'), ({"value": "as it is"}, "as it is")],
)
def test_a_value_is_printed_as_text_or_json(
    gofer: Gofer, service: ScriptedService, result: dict[str, Any], printed: str
) -> None:
    answer = {"id": "t-1", "status": "COMPLETED", "payload": "gARLAS4=", **result}
    service.answers["GET /v1/tasks/t-1/result"] = answer
    assert gofer("task", "result", "t-1").out == printed + "\n"
    assert gofer("task", "result", "t-1", "--json").json == answer


def test_a_value_that_is_no_json_is_opened_here(gofer: Gofer, service: ScriptedService) -> None:
    answer = {"id": "t-1", "status": "COMPLETED", "payload": "gASPlC4="}  # set()
    service.answers["GET /v1/tasks/t-1/result"] = answer
    assert gofer("task", "result", "t-1").out == "set()\n"


def test_a_failure_shows_the_traceback_and_where_it_was(
    gofer: Gofer, service: ScriptedService
) -> None:
    error = {
        "type": "ValueError",
        "message": "no such colour",
        "traceback": "Traceback (most recent call last):\n  somewhere\nValueError\n",
        "cause": "exception",
        "attempt": 2,
        "worker": "w-1",
    }
    answer = {"id": "t-1", "status": "FAILED", "error": error}
    service.answers["GET /v1/tasks/t-1/result"] = answer
    said = gofer("task", "result", "t-1")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("Traceback (most recent call last):")
    last = said.err.splitlines()[-1]
    assert "ValueError: no such colour (exception, attempt 2, worker w-1)" in last
    assert gofer("task", "result", "t-1", "--json").json == answer


def test_logs_are_printed_as_they_are(gofer: Gofer, service: ScriptedService) -> None:
    log = {"id": "t-1", "attempt": 1, "text": "one\ntwo", "next_offset": 7, "truncated": False}
    service.answers["GET /v1/tasks/t-1/logs"] = log
    assert gofer("task", "logs", "t-1", "--tail", "2").out == "one\ntwo"
    assert service.asked[0].query == {"tail": "2"}


def test_logs_that_are_followed_are_a_stream(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /v1/tasks/t-1/logs"] = "wörd\n" * 3
    service.answers["GET /v1/tasks/t-1/explain"] = EXPLANATION
    said = gofer("task", "logs", "-f", "t-1")
    assert (said.out, said.err.strip()) == (
        "wörd\n" * 3,
        "gofer: task t-1 is queued: No worker is there.",
    )
    assert service.asked[-1].query == {"follow": "true"}


def test_a_cancel_that_comes_too_late_exits_with_one(
    gofer: Gofer, service: ScriptedService
) -> None:
    service.answers["POST /v1/tasks/t-1/cancel"] = (202, {"id": "t-1", "outcome": "stopping"})
    service.answers["POST /v1/tasks/t-2/cancel"] = {"id": "t-2", "outcome": "too_late"}
    assert gofer("task", "cancel", "t-1").code == 0
    both = gofer("task", "cancel", "t-1", "t-2")
    assert (both.code, [columns(line)[-1] for line in both.lines[1:]]) == (
        1,
        ["stopping", "too_late"],
    )


def test_an_explanation_is_a_sentence_and_its_reasons(
    gofer: Gofer, service: ScriptedService
) -> None:
    reasons = [{"code": "paused", "text": "queue 0 is paused"}]
    answer = {"id": "t-1", "status": "QUEUED", "summary": "It is held back.", "reasons": reasons}
    service.answers["GET /v1/tasks/t-1/explain"] = answer
    said = gofer("task", "explain", "t-1")
    assert said.lines == ["QUEUED: It is held back.", "  paused: queue 0 is paused"]


def test_attempts_are_shown_with_their_ends(gofer: Gofer, service: ScriptedService) -> None:
    attempt = {
        "number": 1,
        "worker": "w-1",
        "outcome": "failed",
        "started_at": "2026-11-22T21:05:25.123Z",
        "queued_s": 0.004,
        "run_s": 200.0,
        "peak_rss_kb": 2048,
        "error": {"type": "ValueError", "message": "no"},
    }
    service.answers["GET /v1/tasks/t-1/attempts"] = {"items": [attempt]}
    row = columns(gofer("task", "attempts", "t-1").lines[1])
    cells = [cell.strip() for cell in row]
    assert cells[:3] == ["1", "w-1", "failed"]
    assert cells[4:] == ["0.004s", "3m20s", "2 MiB", "ValueError: no"]


def test_only_what_has_been_waited_for_for_a_while_is_asked_about(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENT_S", 0.01)
    service.answers["GET /v1/tasks/t-9/explain"] = EXPLANATION
    turns = chain(["t-1", "t-2", "t-3", None], repeat("t-9"))
    with Client(service.url) as client, patience.reasons_said(client, lambda: next(turns)):
        wait_until(lambda: service.asked, "somebody asks why")
    assert {asked.path for asked in service.asked} == {"/v1/tasks/t-9/explain"}
