"""What a client tells about functions, tasks, queues and workers, and about one task of its own."""

from collections.abc import Iterator

import pytest

import gofer.testing
from gofer import AsyncClient, Client, Refused
from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.output import Piece
from gofer.entrypoints.sdk.handles import Task
from gofer.testing import RunningSystem, held, raised, returned


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    """A gofer whose tasks end as the test says; one for all tests here."""
    with gofer.testing.running(run=held, slots=8) as opened:
        yield opened


@pytest.fixture
def client(system: RunningSystem) -> Iterator[Client]:
    with Client(system.url) as opened:
        yield opened


def twice(number: int) -> int:
    return 2 * number


def thrice(number: int) -> int:
    return 3 * number


def failed(system: RunningSystem, client: Client) -> Task[int]:
    """Return a task that has failed."""
    task = client.function(twice).spawn(1)
    system.finish(task.id, raised(ValueError("one too few")))
    with pytest.raises(ValueError, match="one too few"):
        task.result(timeout=30)
    return task


# ---------------------------------------------------------------- what there is


def test_functions_are_found_by_name_with_their_versions(client: Client) -> None:
    first = client.register(twice, "of-two-versions")
    second = client.register(thrice, "of-two-versions")
    assert client.functions.get("of-two-versions")["id"] == second
    assert client.functions.get("of-two-versions@1")["id"] == first
    versions = {each["version"]: each["id"] for each in client.functions.versions(second)}
    assert versions == {1: first, 2: second}
    found = {each["id"] for each in client.functions.list("of-two-versions")}
    assert found <= {first, second}
    assert second in found


def test_a_function_that_was_deleted_is_found_no_more(client: Client) -> None:
    client.register(twice, "short-lived")
    assert client.functions.delete("short-lived") is None
    with pytest.raises(Refused) as caught:
        client.functions.get("short-lived")
    assert caught.value.status in (404, 410)


def test_tasks_are_found_by_tag_and_status(system: RunningSystem, client: Client) -> None:
    decorated = client.function(tags=["found-here"])(twice)
    ended, running = decorated.spawn(1), decorated.spawn(2)
    system.finish(ended.id, returned(2))
    assert ended.result(timeout=30) == 2
    found = [each["id"] for each in client.tasks.list(tag="found-here")]
    assert found == [running.id, ended.id]
    completed = client.tasks.list(tag="found-here", status="COMPLETED")
    assert [each["id"] for each in completed] == [ended.id]
    assert client.tasks.get(ended.id) == ended.info()
    system.finish(running.id, returned(4))


def test_a_list_is_read_page_after_page(
    system: RunningSystem, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [client.function(tags=["paged"])(twice).spawn(n).id for n in range(5)]
    monkeypatch.setattr("gofer.entrypoints.sdk.calls.PAGE_MOST", 2)
    assert [each["id"] for each in client.tasks.list(tag="paged")] == ids[::-1]
    for each in ids:
        system.finish(each, returned(0))


def test_a_queue_is_paused_purged_and_resumed(client: Client) -> None:
    assert client.queues.pause(0)["paused"] is True
    try:
        task = client.function(priority=0)(twice).spawn(1)
        state = {each["priority"]: each for each in client.queues.list()}
        assert (state[0]["paused"], state[0]["depth"], state[1]["paused"]) == (True, 1, False)
        assert task.explain()["reasons"][0]["code"] == "paused"
        assert client.queues.purge(0)["cancelled"] == 1
        assert task.status() == "CANCELLED"
    finally:
        assert client.queues.resume(0)["paused"] is False


def test_a_worker_is_listed_and_drained() -> None:
    with gofer.testing.running() as own, Client(own.url) as client:
        assert client.function(abs).remote(-1) == 1
        (worker,) = client.workers.list()
        assert worker["state"] == "ready"
        assert client.workers.get(worker["id"])["id"] == worker["id"]
        assert client.workers.drain(worker["id"])["id"] == worker["id"]
        with pytest.raises(Refused) as caught:
            client.workers.get("nobody")
    assert caught.value.status == 404


async def test_the_client_for_asyncio_tells_the_same(system: RunningSystem, client: Client) -> None:
    task = failed(system, client)
    async with AsyncClient(system.url) as other:
        assert (await other.tasks.get(task.id))["status"] == "FAILED"
        assert [each["priority"] async for each in other.queues.list()] == [0, 1, 2]
        handle = other.task(task.id)
        assert await handle.explain() == task.explain()
        assert await handle.attempts() == task.attempts()
        assert await handle.logs() == task.logs()


# ---------------------------------------------------------------- one task


def test_attempts_and_reasons_tell_why_a_task_has_failed(
    system: RunningSystem, client: Client
) -> None:
    task = failed(system, client)
    (attempt,) = task.attempts()
    assert (attempt["number"], attempt["outcome"]) == (1, "failed")
    assert attempt["error"]["message"] == "one too few"
    told = task.explain()
    assert (told["status"], told["reasons"][0]["code"]) == ("FAILED", "raised")
    assert "one too few" in told["summary"]


def test_a_task_that_has_failed_is_tried_again_under_the_same_id(
    system: RunningSystem, client: Client
) -> None:
    task = failed(system, client)
    task.retry()
    assert not task.done()
    system.finish(task.id, returned(7))
    assert task.result(timeout=30) == 7
    assert [each["outcome"] for each in task.attempts()] == ["failed", "completed"]
    with pytest.raises(Refused) as caught:
        task.retry()
    assert caught.value.status == 409


def test_what_a_task_prints_is_told_while_it_runs_and_followed_to_its_end(
    system: RunningSystem, client: Client
) -> None:
    task = client.function(twice).spawn(1)
    system.begun(task.id)
    attempt = Attempt(TaskId(task.id), 1, "any")
    shown = system.system.store.output.show
    system.ask(shown([Piece(attempt, 0, b"one\ntw")]))
    assert task.logs() == task.logs(attempt=1) == "one\ntw"
    lines = task.follow()
    assert next(lines) == "one"
    system.ask(shown([Piece(attempt, 6, "o\nthrée".encode())]))
    assert next(lines) == "two"
    system.finish(task.id, returned(2))
    assert list(lines) == ["thrée"]


def test_a_task_that_runs_is_cancelled(system: RunningSystem, client: Client) -> None:
    task = client.function(twice).spawn(1)
    system.begun(task.id)
    assert task.cancel()
    assert client.result(task.id, timeout=30).status == "CANCELLED"
    assert task.done()
    assert task.cancel()  # a second cancel is answered as the first
