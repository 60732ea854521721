"""The commands that look and act: what they ask the service, and what they print."""

from typing import Any

import pytest

from tests.integration.cli.answers import FUNCTION, PAGES, TASK, WORKER, columns
from tests.integration.cli.terminal import Gofer
from tests.support.scripted_service import ScriptedService, Turns, problem


def test_functions_are_listed_shown_and_deleted(gofer: Gofer, service: ScriptedService) -> None:
    service.answers |= PAGES
    service.answers["GET /v1/functions/resize@3"] = FUNCTION
    service.answers["DELETE /v1/functions/resize@3"] = (204, None)
    assert columns(gofer("fn", "ls").lines[1])[1:3] == ["resize", "3"]
    shown = gofer("fn", "show", "resize@3").out
    assert "modules: numpy, PIL" in shown
    assert "timeout_s 60" in shown
    assert gofer("fn", "rm", "resize@3", "--json").json == {"deleted": ["resize@3"]}


def test_a_call_waits_for_its_value(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["POST /v1/functions/resize/call"] = (202, TASK)
    done = {"id": "t-1", "status": "COMPLETED", "value": 42}
    service.answers["GET /v1/tasks/t-1/result"] = done
    said = gofer("fn", "call", "resize", "a.png", "-5", "--kw", "size=[1, 2]", "--retries", "3")
    assert (said.code, said.out) == (0, "42\n")
    body = {"args": ["a.png", -5], "kwargs": {"size": [1, 2]}, "retries": 3}
    assert service.asked[0].body == body


def test_queues_are_shown_with_their_rates(gofer: Gofer, service: ScriptedService) -> None:
    service.answers |= PAGES
    cells = [cell.strip() for cell in columns(gofer("queue", "ls").lines[1])]
    assert cells == ["0", "paused", "12", "1m15s", "1,234.5", "0.0"]


def test_a_purge_without_a_terminal_wants_to_be_confirmed(
    gofer: Gofer, service: ScriptedService
) -> None:
    service.answers["POST /v1/queues/0/purge"] = {"priority": 0, "cancelled": 12}
    refused = gofer("queue", "purge", "0")
    assert (refused.code, service.asked) == (2, [])
    assert "--yes" in refused.err
    assert gofer("queue", "purge", "0", "--yes").out == "12 tasks of queue 0 are cancelled\n"


def test_workers_are_listed_shown_and_drained(gofer: Gofer, service: ScriptedService) -> None:
    service.answers |= PAGES
    service.answers["GET /v1/workers/w-1"] = WORKER
    service.answers["POST /v1/workers/w-1/drain"] = (202, WORKER | {"state": "draining"})
    gone: dict[str, Any] = {"items": []}
    assert "cpython 3.11" in gofer("workers", "ls").lines[1]
    assert "t-9" in gofer("workers", "show", "w-1").out
    service.answers["GET /v1/workers"] = Turns([PAGES["GET /v1/workers"], gone])
    assert "draining" in gofer("workers", "drain", "w-1", "--wait").out
    assert "no worker is connected" in gofer("workers", "ls").err


def test_a_drained_worker_is_waited_for_until_nothing_of_it_runs(
    gofer: Gofer, service: ScriptedService
) -> None:
    busy = WORKER | {"state": "draining", "in_hand": 1}
    idle = busy | {"in_hand": 0}
    service.answers["POST /v1/workers/w-1/drain"] = (202, busy)
    service.answers["GET /v1/workers"] = Turns([{"items": [busy]}, {"items": [idle]}])
    assert gofer("workers", "drain", "w-1", "--wait").code == 0
    service.answers["GET /v1/workers"] = {"items": [busy]}
    late = gofer("workers", "drain", "w-1", "--wait", "--timeout", "0")
    assert (late.code, "still works" in late.err) == (1, True)


def test_top_shows_everything_once_where_there_is_no_terminal(
    gofer: Gofer, service: ScriptedService
) -> None:
    service.answers |= PAGES
    said = gofer("top")
    assert "queues: 12 tasks wait" in said.out
    assert "workers: 1 with 4 slots, 2 tasks in hand" in said.out
    assert "resize@3" in said.out
    assert set(gofer("top", "--json").json) == {"queues", "workers", "running"}


def test_a_batch_is_shown_with_its_results(gofer: Gofer, service: ScriptedService) -> None:
    batch = {"id": "b-1", "counts": {"COMPLETED": 1, "FAILED": 1}, "links": {}}
    items = [
        {"id": "t-1", "position": 1, "status": "COMPLETED", "value": 7},
        {"id": "t-2", "position": 2, "status": "FAILED", "error": {"type": "E", "message": "no"}},
    ]
    first = {"items": items[:1], "next_cursor": "1", "done": False}
    second = {"items": items[1:], "next_cursor": "2", "done": True}
    service.answers["GET /v1/batches/b-1"] = batch
    service.answers["GET /v1/batches/b-1/results"] = Turns([first, second])
    assert "FAILED" in gofer("batch", "show", "b-1").out
    said = gofer("batch", "results", "b-1")
    assert (said.code, said.lines) == (1, ["1\tCOMPLETED\t7", "2\tFAILED\tE: no"])
    lost: dict[str, Any] = {"items": [], "next_cursor": "0", "done": False}
    service.answers["GET /v1/batches/b-1/results"] = Turns([first, lost, first, second])
    assert gofer("batch", "results", "b-1").lines == said.lines


def test_a_problem_is_one_sentence_on_stderr(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /v1/tasks/t-9"] = problem(404, "not-found", "there is no task t-9")
    said = gofer("task", "show", "t-9")
    assert (said.code, said.out) == (1, "")
    assert said.err == "gofer: there is no task t-9 (not-found, HTTP 404)\n"


def test_a_missing_token_is_said_with_what_to_set(gofer: Gofer, service: ScriptedService) -> None:
    service.answers["GET /v1/queues"] = problem(401, "unauthorized", "a token is needed")
    assert "set GOFER_TOKEN" in gofer("queue", "ls").err


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [("http://127.0.0.1:1", 1, "gofer up"), ("localhost:8000", 2, "http://HOST:PORT")],
)
def test_a_url_where_nobody_is_or_that_is_none_is_said_with_what_to_do(
    gofer: Gofer, url: str, code: int, words: str
) -> None:
    said = gofer("queue", "ls", "--url", url)
    assert said.code == code
    assert words in said.err
