"""The commands that look and act, against a system that runs: shapes as the service has them."""

from pathlib import Path

import pytest

from tests.integration.cli.terminal import Gofer
from tests.support.waiting import wait_until


@pytest.fixture
def doubling(jobs: Path) -> str:
    jobs.write_text("def double(number):\n    return 2 * number\n")
    return f"{jobs}:double"


def test_a_function_has_versions_is_called_by_name_and_deleted(run: Gofer, jobs: Path) -> None:
    jobs.write_text("def scale(number):\n    return 2 * number\n")
    assert run("fn", "register", f"{jobs}:scale").code == 0
    jobs.write_text("def scale(number):\n    return 3 * number\n")
    assert run("fn", "register", f"{jobs}:scale", "--retries", "2").code == 0
    assert run("fn", "call", "scale", "5").out == "15\n"
    assert run("fn", "call", "scale@1", "5").out == "10\n"
    versions = run("fn", "versions", "scale", "--json").json["items"]
    assert [item["version"] for item in versions] == [2, 1]
    assert run("fn", "show", "scale", "--json").json["defaults"]["retries"] == 2
    assert "scale" in run("fn", "ls").out
    assert len(run("fn", "rm", "--all", "scale", "--json").json["deleted"]) == 2
    gone = run("fn", "call", "scale", "5")
    assert (gone.code, "scale" in gone.err) == (1, True)


def test_a_task_is_found_by_its_tag_with_its_attempts(run: Gofer, doubling: str) -> None:
    task_id = run("run", "--detach", doubling, "2", "--tag", "mine").out.strip()
    assert run("task", "wait", task_id).code == 0
    page = run("task", "ls", "--tag", "mine", "--status", "completed", "--json").json
    assert [item["id"] for item in page["items"]] == [task_id]
    (attempt,) = run("task", "attempts", task_id, "--json").json["items"]
    assert (attempt["number"], attempt["outcome"]) == (1, "completed")
    assert task_id in run("task", "show", task_id).out
    again = run("task", "retry", task_id)
    assert (again.code, "COMPLETED" in again.err) == (1, True)


def test_a_paused_queue_holds_its_tasks_back_until_it_is_resumed(run: Gofer, doubling: str) -> None:
    assert run("queue", "pause", "2", "--json").json["paused"]
    held = run("run", "--detach", doubling, "4", "--priority", "2").out.strip()
    assert run("task", "wait", held, "--timeout", "0").code == 1
    assert not run("queue", "resume", "2", "--json").json["paused"]
    assert run("task", "result", held, "--timeout", "20").out == "8\n"


def test_a_purge_cancels_what_waits(run: Gofer, doubling: str) -> None:
    run("queue", "pause", "2")
    held = run("run", "--detach", doubling, "4", "--priority", "2").out.strip()
    assert run("queue", "purge", "2", "--yes", "--json").json["cancelled"] == 1
    run("queue", "resume", "2")
    assert run("task", "show", held, "--json").json["status"] == "CANCELLED"


def test_the_worker_is_listed_and_top_shows_all(run: Gofer) -> None:
    (worker,) = wait_until(
        lambda: run("workers", "ls", "--json").json["items"], "the worker is known"
    )
    assert worker["state"] == "ready"
    assert worker["id"] in run("workers", "show", worker["id"]).out
    shown = run("top", "--once").out
    assert "queues:" in shown
    assert worker["id"] in shown
