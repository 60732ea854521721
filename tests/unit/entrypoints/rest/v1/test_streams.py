"""What a task does, told while it does it: logs and events, followed, resumed, ended."""

import asyncio
import json
import pickle
from typing import Any, NamedTuple

import pytest

from gofer.domain.errors import StoreUnavailable
from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.output import Piece, Progress
from gofer.domain.ports import Completion
from gofer.domain.task import Cause, Failure, Success
from gofer.entrypoints.rest.v1.logs import last_lines
from gofer.entrypoints.rest.v1.seen import Seen, mark_of
from gofer.entrypoints.rest.v1.streams import HEARTBEAT_S, Quiet
from tests.support.waiting import wait_until_async
from tests.support.web import OURS, WORKER, Web
from tests.unit.entrypoints.rest.v1.speaking import JSON, UNKNOWN, Speaker, problem_of

DONE = Success(pickle.dumps(42), output="one\ntwo\n")


class Event(NamedTuple):
    """An event as a client reads it."""

    name: str
    id: str
    data: dict[str, Any]


def events_of(text: str) -> list[Event]:
    """Return the events of a stream; comments are left out."""
    found: list[Event] = []
    for block in text.split("\n\n"):
        lines = dict(
            line.split(": ", 1) for line in block.splitlines() if line.strip(":") and line[0] != ":"
        )
        if lines:
            found.append(Event(lines["event"], lines.get("id", ""), json.loads(lines["data"])))
    return found


async def submitted(service: Web) -> str:
    """Submit one task; return its path."""
    speaker = Speaker(service, JSON)
    body = {"function": await service.register()}
    path: str = speaker.read(await speaker.post("/v1/tasks", body), 202)["links"]["self"]
    return path


async def begin(service: Web) -> Attempt:
    """Do what a dispatcher does with the next task; return its attempt."""
    (leased,) = (await service.store.claim("dispatcher", "token", OURS, 60_000)).tasks
    await service.store.start([leased.attempt])
    return leased.attempt


async def show(service: Web, attempt: Attempt, start: int, data: bytes, done: float = 0) -> None:
    progress = Progress(done, 4, "steps") if done else None
    await service.store.output.show([Piece(attempt, start, data, progress)])


async def end(service: Web, attempt: Attempt, success: Success = DONE) -> None:
    await service.store.complete([Completion(attempt, WORKER, success)])


# ---------------------------------------------------------------- logs


async def test_what_a_task_printed_is_plain_text_for_whoever_says_nothing(service: Web) -> None:
    path = await submitted(service)
    attempt = await begin(service)
    await show(service, attempt, 0, b"one\ntw")
    answer = await service.client.get(f"{path}/logs")
    assert (answer.status_code, answer.text) == (200, "one\ntw")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    await end(service, attempt)
    assert (await service.client.get(f"{path}/logs")).text == "one\ntwo\n"
    assert (await service.client.get(f"{path}/logs?tail=1")).text == "two\n"
    assert (await service.client.get(f"{path}/logs?attempt=1&after=4")).text == "two\n"


async def test_programs_get_logs_as_json(service: Web) -> None:
    path = await submitted(service)
    await show(service, await begin(service), 0, b"one\n")
    answer = await service.client.get(f"{path}/logs?follow=true", headers={"accept": JSON})
    assert answer.json() == {
        "id": path.rpartition("/")[2],
        "attempt": 1,
        "text": "one\n",
        "next_offset": 4,
        "truncated": False,
        "done": False,
    }


async def test_logs_are_followed_over_an_outage_of_the_store(service: Web) -> None:
    path = await submitted(service)
    attempt = await begin(service)
    await show(service, attempt, 0, b"one\n")
    following = asyncio.create_task(service.client.get(f"{path}/logs?follow=true"))
    await asyncio.wait([following], timeout=0.1)
    service.store.trouble = StoreUnavailable("it is restarted", retry_after_s=0.05)
    await show(service, attempt, 4, b"two\n")
    await asyncio.wait([following], timeout=0.1)
    service.store.trouble = None
    await end(service, attempt)
    assert (await following).text == "one\ntwo\n"


async def test_logs_are_followed_to_the_end(service: Web) -> None:
    path = await submitted(service)
    following = asyncio.create_task(service.client.get(f"{path}/logs?follow=true"))
    attempt = await begin(service)
    await show(service, attempt, 0, b"one\n")
    await asyncio.wait([following], timeout=0.1)
    assert not following.done()
    await end(service, attempt)
    assert (await following).text == "one\ntwo\n"


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("follow=perhaps", 400, "invalid-input"),
        ("tail=-1", 400, "invalid-input"),
        ("attempt=0", 400, "invalid-input"),
        ("attempt=7", 404, "not-found"),
    ],
)
async def test_a_query_of_logs_that_means_nothing_is_refused(
    service: Web, query: str, status: int, kind: str
) -> None:
    path = await submitted(service)
    assert problem_of(await service.client.get(f"{path}/logs?{query}"), status) == kind


async def test_who_takes_neither_text_nor_events_is_refused(service: Web) -> None:
    path = await submitted(service)
    for route in (f"{path}/logs", f"{path}/events", "/v1/events"):
        answer = await service.client.get(route, headers={"accept": "image/png"})
        assert problem_of(answer, 406) == "not-acceptable"


def test_the_last_lines_are_whole_lines() -> None:
    assert last_lines("a\nb\nc", 2) == "b\nc"
    assert last_lines("a\n", 5) == "a\n"
    assert last_lines("a\n", 0) == ""
    assert last_lines("a\n 1%\r 2%\r\nb\n", 2) == " 1%\r 2%\r\nb\n"


# ---------------------------------------------------------------- events of one task


async def test_a_task_s_events_tell_its_story(service: Web) -> None:
    path = await submitted(service)
    stream = asyncio.create_task(service.client.get(f"{path}/events"))
    await asyncio.wait([stream], timeout=0.05)
    attempt = await begin(service)
    await show(service, attempt, 0, b"one\n", done=1)
    await asyncio.wait([stream], timeout=0.8)
    await end(service, attempt)
    answer = await stream
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events_of(answer.text)
    statuses = [each.data["status"] for each in told if each.name == "status"]
    assert statuses == ["QUEUED", "RUNNING", "COMPLETED"]
    assert "".join(each.data["text"] for each in told if each.name == "log") == "one\ntwo\n"
    (progress,) = [each.data for each in told if each.name == "progress"]
    assert progress == {"done": 1, "total": 4, "note": "steps"}
    assert told[-1].name == "end"
    assert told[-1].data == {"id": path.rpartition("/")[2], "status": "COMPLETED"}
    assert len({each.id for each in told}) == len(told)


async def test_a_stream_goes_on_exactly_behind_any_event(service: Web) -> None:
    path = await submitted(service)
    stream = asyncio.create_task(service.client.get(f"{path}/events"))
    await asyncio.wait([stream], timeout=0.05)
    attempt = await begin(service)
    await show(service, attempt, 0, b"one\n")
    await asyncio.wait([stream], timeout=0.8)
    await end(service, attempt)
    told = events_of((await stream).text)
    for position, last in enumerate(told[:-1]):
        answer = await service.client.get(f"{path}/events", headers={"last-event-id": last.id})
        rest = events_of(answer.text)
        missed = [each for each in told[position + 1 :] if each.name != "status"]
        assert "".join(each.data["text"] for each in rest if each.name == "log") == "".join(
            each.data["text"] for each in missed if each.name == "log"
        )
        assert rest[-1] == told[-1]
    ended = await service.client.get(f"{path}/events", headers={"last-event-id": told[-1].id})
    assert (ended.status_code, ended.content) == (204, b"")


async def test_what_is_told_after_the_end_can_be_resumed_behind_any_event(service: Web) -> None:
    path = await submitted(service)
    await service.store.run_next(Success(pickle.dumps(1), output="one\n"))
    told = events_of((await service.client.get(f"{path}/events")).text)
    assert [each.name for each in told] == ["log", "status", "end"]
    for position, last in enumerate(told[:-1]):
        answer = await service.client.get(f"{path}/events", headers={"last-event-id": last.id})
        assert events_of(answer.text) == told[position + 1 :]


async def test_a_task_that_was_tried_again_begins_its_output_anew(service: Web) -> None:
    path = await submitted(service)
    stream = asyncio.create_task(service.client.get(f"{path}/events"))
    await service.store.run_next(Failure(Cause.EXCEPTION, "E", "no", output="first\n"))
    first = events_of((await stream).text)
    await service.client.post(f"{path}/retry")
    again = asyncio.create_task(
        service.client.get(f"{path}/events", headers={"last-event-id": first[-1].id})
    )
    await asyncio.wait([again], timeout=0.05)
    await service.store.run_next(Success(pickle.dumps(1), output="second\n"))
    told = events_of((await again).text)
    assert [each.data["text"] for each in told if each.name == "log"] == ["second\n"]
    assert told[-1].data["status"] == "COMPLETED"


async def test_events_of_what_is_not_there_are_refused(service: Web) -> None:
    answer = await service.client.get(f"/v1/tasks/{UNKNOWN}/events")
    assert problem_of(answer, 404) == "not-found"
    path = await submitted(service)
    for wrong in ("x", "1-ASLEEP-0-00000000", "1-QUEUED-0-00000000-END"):
        answer = await service.client.get(f"{path}/events", headers={"last-event-id": wrong})
        assert problem_of(answer, 400) == "invalid-input"


def test_what_was_seen_travels_as_the_id_of_an_event() -> None:
    seen = Seen(2, "RUNNING", 1042, mark_of(Progress(1, 2, "x")))
    assert Seen.read(str(seen)) == seen
    assert Seen.read(str(seen._replace(ended=True))).ended
    assert Seen.read("") == Seen()


def test_a_silent_stream_says_something_now_and_then() -> None:
    now = 100.0
    quiet = Quiet(lambda: now)
    assert quiet.left_s() == HEARTBEAT_S
    now += HEARTBEAT_S
    assert quiet.left_s() == 0.0
    quiet.said()
    assert quiet.left_s() == HEARTBEAT_S


# ---------------------------------------------------------------- explain


async def test_why_a_task_is_where_it_is_is_told(speaker: Speaker) -> None:
    path = await submitted(speaker.service)
    told = speaker.read(await speaker.get(f"{path}/explain"))
    assert (told["id"], told["status"]) == (path.rpartition("/")[2], "QUEUED")
    assert told["reasons"][0]["text"] == told["summary"]
    assert "no-worker" in [reason["code"] for reason in told["reasons"]]
    answer = await speaker.get(f"/v1/tasks/{UNKNOWN}/explain")
    assert problem_of(answer, 404) == "not-found"


async def test_a_running_task_shows_how_far_it_has_come(speaker: Speaker) -> None:
    path = await submitted(speaker.service)
    attempt = await begin(speaker.service)
    await show(speaker.service, attempt, 0, b"", done=3)

    async def known() -> bool:
        return speaker.read(await speaker.get(path))["progress"] is not None

    await wait_until_async(known, "the progress is shown")
    shown = speaker.read(await speaker.get(path))["progress"]
    assert shown == {"done": 3, "total": 4, "note": "steps"}
    assert TaskId(attempt.task_id) in path
