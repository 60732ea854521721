"""The client against a real web service: batches there and back, and what it gets over alone."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import gofer.testing
from gofer import AsyncClient, Client, Refused, RemoteError, Result, Unreachable
from gofer.domain.task import Cause, Failure
from gofer.entrypoints.sdk import calls
from gofer.testing import RunningSystem, held, returned
from tests.support.moody_server import Mood, moody
from tests.support.ports import free_port
from tests.support.waiting import wait_until

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    with gofer.testing.running() as opened:
        yield opened


@pytest.fixture
def client(system: RunningSystem) -> Iterator[Client]:
    with Client(system.url) as opened:
        yield opened


def square_or_raise(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * number


def squares(client: Client, numbers: list[int], **options: Any) -> dict[int, Result]:
    """Have numbers squared in one batch; return results by position."""
    function = client.register(square_or_raise)
    payloads = [client.arguments(number) for number in numbers]
    batch = client.submit_batch(function, payloads, **options)
    found = {result.position: result for result in batch.results(timeout=30)}
    assert [found[position].id for position in sorted(found)] == list(batch.task_ids)
    return found


def test_a_batch_goes_there_and_back(client: Client) -> None:
    found = squares(client, list(range(300)), priority=0, retries=1, timeout_s=60)
    assert {position: result.value() for position, result in found.items()} == {
        number + 1: number * number for number in range(300)
    }


def test_long_payloads_go_there_and_back_among_short_ones() -> None:
    bodies = [b"short", b"a" * 3_000_000, b"", b"b" * 70_000, b"c" * 300_000]
    with gofer.testing.running() as system, Client(system.url) as client:
        payloads = [*map(client.arguments, bodies)]
        batch = client.submit_batch(client.register(bytes.upper), payloads)
        found = {result.position: result.value() for result in batch.results(timeout=30)}
        assert found == {at: body.upper() for at, body in enumerate(bodies, 1)}
        asynchronous = asyncio.run(_upper(system.url, bodies))
    assert asynchronous == [body.upper() for body in bodies]


async def _upper(url: str, bodies: list[bytes]) -> list[bytes]:
    async with AsyncClient(url) as client:
        return [each async for each in client.function(bytes.upper).map(bodies)]


def test_one_task_goes_there_and_back(client: Client) -> None:
    function = client.register(square_or_raise)
    task_id = client.submit(function, client.arguments(7))
    result = client.result(task_id, timeout=30)
    assert (result.id, result.position, result.value()) == (task_id, 0, 49)
    failed = client.result(client.submit(function, client.arguments(-1)), timeout=30)
    with pytest.raises(ValueError, match="-1 is negative"):
        failed.value()


def test_whoever_waits_for_one_task_gives_up_in_time() -> None:
    with gofer.testing.running(run=held) as system, Client(system.url) as client:
        task_id = client.submit(client.register(square_or_raise), client.arguments(1))
        with pytest.raises(TimeoutError, match=task_id):
            client.result(task_id, timeout=0.05)


def test_a_task_that_does_not_exist_is_refused_at_once(client: Client) -> None:
    with pytest.raises(Refused, match=UNKNOWN):
        client.result(UNKNOWN, timeout=30)


def test_what_a_function_raised_is_raised_with_the_worker_s_traceback(client: Client) -> None:
    found = squares(client, [2, -1])
    assert found[1].value() == 4
    assert found[2].status == "FAILED"
    assert found[2].payload is None
    assert found[2].error is not None
    assert found[2].error.cause == "exception"
    with pytest.raises(ValueError, match="-1 is negative") as caught:
        found[2].value()
    assert "square_or_raise" in "".join(caught.value.__notes__)


def test_tasks_that_are_refused_are_told_by_position(client: Client) -> None:
    function = client.register(square_or_raise)
    batch = client.submit_batch(function, [b"rubbish", client.arguments(3)])
    assert batch.task_ids[0] is None
    assert batch.refused[1].kind == "invalid-payload"
    assert [result.value() for result in batch.results(timeout=30)] == [9]


def test_a_batch_of_which_nothing_is_accepted_is_refused_with_the_reason(client: Client) -> None:
    with pytest.raises(Refused, match=f"there is no function {UNKNOWN}") as caught:
        client.submit_batch(UNKNOWN, [client.arguments()])
    assert (caught.value.status, caught.value.kind) == (404, "not-found")


def test_the_same_key_is_the_same_batch(client: Client) -> None:
    function = client.register(square_or_raise)
    payloads = [client.arguments(1)]
    first = client.submit_batch(function, payloads, key="k")
    assert client.submit_batch(function, payloads, key="k").task_ids == first.task_ids
    with pytest.raises(Refused, match="Idempotency-Key") as caught:
        client.submit_batch(function, payloads * 2, key="k")
    assert caught.value.kind == "key-reused"


def test_results_may_be_asked_for_again(client: Client) -> None:
    function = client.register(square_or_raise)
    batch = client.submit_batch(function, [client.arguments(n) for n in range(3)])
    first = [result.value() for result in batch.results(timeout=30)]
    assert [result.value() for result in batch.results(timeout=30)] == first


def test_time_that_is_up_is_told_with_how_many_are_missing() -> None:
    with gofer.testing.running(run=held) as system, Client(system.url) as client:
        function = client.register(square_or_raise)
        batch = client.submit_batch(function, [client.arguments(n) for n in range(2)])
        first, _ = batch.task_ids
        assert first is not None
        system.finish(first, returned("by hand"))
        results = batch.results(timeout=0.3)
        assert next(results).value() == "by hand"
        with pytest.raises(TimeoutError, match="1 of 2 tasks have not ended"):
            next(results)
        cancelled = batch.cancel()
        assert (cancelled.prevented + cancelled.stopping, cancelled.too_late) == (1, 1)
        statuses = [result.status for result in batch.results(timeout=30)]
        assert statuses == ["COMPLETED", "CANCELLED"]


def test_a_failure_without_an_exception_is_told_in_words() -> None:
    with gofer.testing.running(run=held) as system, Client(system.url) as client:
        function = client.register(square_or_raise)
        batch = client.submit_batch(function, [client.arguments(1)])
        (task_id,) = batch.task_ids
        assert task_id is not None
        failure = Failure(Cause.SIGNAL, "Killed", "signal 9", "a traceback", b"no pickle")
        system.finish(task_id, failure)
        (result,) = batch.results(timeout=30)
        with pytest.raises(RemoteError, match="Killed: signal 9") as caught:
            result.value()
    assert caught.value.cause == "signal"
    assert "a traceback" in caught.value.__notes__[0]


# ---------------------------------------------------------------- trouble on the way


def test_a_server_that_hangs_up_between_requests_is_not_noticed(system: RunningSystem) -> None:
    hangs_up = [Mood.ANSWERS_AND_HANGS_UP] * 3
    with moody(system.url, *hangs_up) as (url, server), Client(url) as client:
        assert squares(client, [3])[1].value() == 9
    assert server.seen.count("/v1/batches") == 1


def test_a_batch_whose_answer_was_lost_is_submitted_once(system: RunningSystem) -> None:
    with Client(system.url) as direct:
        function = direct.register(square_or_raise)
    lost = [Mood.LOSES_THE_ANSWER, Mood.LOSES_THE_ANSWER]
    with moody(system.url, *lost) as (url, server), Client(url) as client:
        batch = client.submit_batch(function, [client.arguments(3)])
        assert server.seen == ["/v1/batches"] * 3
        assert [result.value() for result in batch.results(timeout=30)] == [9]
        state = system.ask(system.system.service.batches.state(batch.id))  # type: ignore[arg-type]
    assert state.count == 1


def test_a_call_takes_one_request(system: RunningSystem) -> None:
    with moody(system.url) as (url, server), Client(url) as client:
        function = client.register(square_or_raise)
        server.seen.clear()
        assert client.call(function, client.arguments(3)).value() == 9
        assert server.seen == [f"/v1/tasks?wait={calls.WAIT_S:g}"]


def test_a_call_with_long_arguments_does_not_wait_with_them(
    system: RunningSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "CALL_BYTES", 100)
    with moody(system.url) as (url, server), Client(url) as client:
        function = client.register(len)
        server.seen.clear()
        assert client.call(function, client.arguments(b"x" * 200)).value() == 200
        assert server.seen[0] == "/v1/batches"


def test_a_call_whose_answer_was_lost_runs_once(system: RunningSystem) -> None:
    with Client(system.url) as direct:
        function = direct.register(square_or_raise)
        key = "sent-again"
        lost = [Mood.LOSES_THE_ANSWER, Mood.LOSES_THE_ANSWER]
        with moody(system.url, *lost) as (url, server), Client(url) as client:
            result = client.call_payload(function, client.arguments(3), {"tags": [key]})
            assert server.seen == [server.seen[0]] * 3
        assert result.value() == 9
        tagged = direct.request("GET", "/v1/tasks", query={"tag": key})["items"]
    assert [each["id"] for each in tagged] == [result.id]


def test_a_call_that_lasts_is_waited_for_by_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WAIT_S", 0.05)
    with (
        gofer.testing.running(run=held) as system,
        moody(system.url) as (url, server),
        Client(url) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        function = client.register(square_or_raise)
        calling = pool.submit(client.call, function, client.arguments(3))
        wait_until(lambda: server.seen[-1].split("?")[0].endswith("/result"), "it asks by the id")
        system.finish(server.seen[-1].split("/")[3], returned(9))
        assert calling.result(timeout=30).value() == 9


def test_a_service_that_is_busy_is_asked_again(system: RunningSystem) -> None:
    with moody(system.url, Mood.IS_BUSY) as (url, server), Client(url) as client:
        assert squares(client, [3])[1].value() == 9
    assert server.seen[0] == server.seen[1]


def test_a_service_that_stays_busy_is_told_as_it_told_us(system: RunningSystem) -> None:
    busy = [Mood.IS_BUSY] * 3
    with (
        moody(system.url, *busy) as (url, _),
        Client(url, patience_s=0.1) as client,
        pytest.raises(Refused, match="busy") as caught,
    ):
        client.register(abs)
    assert caught.value.status == 503


def test_a_service_that_is_not_there_is_told_with_what_to_do() -> None:
    with (
        Client(f"http://127.0.0.1:{free_port()}", patience_s=0.0) as client,
        pytest.raises(Unreachable, match="gofer up"),
    ):
        client.register(abs)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://"])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="http://HOST:PORT"):
        Client(url)


# ---------------------------------------------------------------- what it costs to import


def test_the_client_brings_no_server_with_it() -> None:
    code = (
        "import sys, gofer; before = set(sys.modules); gofer.Client('http://localhost:1')\n"
        "assert not any(name.startswith('gofer.') for name in before), before\n"
        "heavy = {'fastapi', 'starlette', 'redis', 'zmq', 'pydantic', 'uvicorn', 'dill'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-P", "-c", code], check=False, timeout=30)
    assert ended.returncode == 0


def test_a_name_that_the_package_does_not_have_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Clint'"):
        _ = getattr(gofer, "Clint")  # noqa: B009 - it is not there
