"""What a test decides in the testing kit: how tasks end, what time it is, whether the store is."""

import pytest

from gofer.domain.errors import NotFound
from gofer.domain.protocol.messages import Assignment, FunctionBody
from gofer.domain.task import TaskStatus
from gofer.testing import Cause, Failure, held, raised, returned
from tests.support.original_client import dumps, serialize
from tests.support.waiting import wait_until_async
from tests.unit.testing_kit.conftest import Kit

NO_TASK = "01890a5d-ac96-774b-bcce-b302099a8057"
DAY_MS = 24 * 3_600_000
PAYLOAD = serialize(abs)


async def test_a_held_task_runs_until_the_test_ends_it(kit: Kit) -> None:
    async with kit(run=held) as (system, client):
        task_id = await client.submit(abs, -1)
        with pytest.raises(TimeoutError):
            await system.outcome(task_id, timeout_s=0.05)
        assert await client.status(task_id) == "RUNNING"
        await system.finish(task_id, returned("as the test says"))
        await system.outcome(task_id)
        assert await client.value(task_id) == "as the test says"


async def test_a_held_task_can_be_made_to_raise(kit: Kit) -> None:
    async with kit(run=held) as (system, client):
        task_id = await client.submit(abs, -1)
        await system.finish(task_id, raised(LookupError("nothing there")))
        await system.outcome(task_id)
        error = await client.value(task_id)
    assert isinstance(error, LookupError)
    assert str(error) == "nothing there"


async def test_failures_that_no_thread_could_survive_are_played(kit: Kit) -> None:
    def run(_function: FunctionBody, _assignment: Assignment) -> Failure:
        return Failure(Cause.TIMEOUT, "TimeoutError", "it ran for longer than 5 s")

    async with kit(run=run) as (system, client):
        task_id = await client.submit(abs, -1)
        await system.outcome(task_id)
        assert isinstance(await client.value(task_id), TimeoutError)


async def test_tasks_beyond_the_slots_wait_in_the_queue(kit: Kit) -> None:
    async with kit(run=held, slots=1) as (system, client):
        first, second = [await client.submit(abs, -1) for _ in range(2)]
        await system.begun(first)
        assert await client.status(second) == "QUEUED"


async def test_a_task_that_was_cancelled_while_held_stays_cancelled(kit: Kit) -> None:
    async with kit(run=held) as (system, client):
        task_id = await client.submit(abs, -1)
        task = await system.begun(task_id)
        await system.service.cancel(task.id)
        task, outcome = await system.outcome(task_id)
    assert task.status is TaskStatus.CANCELLED
    assert isinstance(outcome, Failure)


async def test_ending_a_task_that_was_cancelled_is_an_error(kit: Kit) -> None:
    async with kit(run=held) as (system, client):
        task_id = await client.submit(abs, -1)
        task = await system.begun(task_id)
        await system.service.cancel(task.id)
        with pytest.raises(LookupError, match="CANCELLED"):
            await system.finish(task_id, returned(1))


async def test_a_task_that_is_tried_again_can_be_ended_again(kit: Kit) -> None:
    lost = Failure(Cause.WORKER_LOST, "WorkerLost", "the worker went away")
    async with kit(run=held) as (system, client):
        task_id = await client.submit(abs, -1)
        await system.finish(task_id, lost)
        await system.finish(task_id, returned(2))
        task, _ = await system.outcome(task_id)
        assert (task.attempt, task.spent.losses) == (2, 1)
        assert await client.value(task_id) == 2


async def test_pauses_before_another_try_pass_when_the_clock_is_turned(kit: Kit) -> None:
    def run(_function: FunctionBody, _assignment: Assignment) -> Failure:
        return Failure(Cause.SIGNAL, "ChildDied", "killed by signal 11", signal=11)

    async with kit(run=run) as (system, client):
        task_id = await client.submit(abs, -1)
        with pytest.raises(TimeoutError):
            await system.outcome(task_id, timeout_s=0.1)
        while not (task := await system.task(task_id)).status.is_terminal:
            system.clock.advance(1_000)
            await system.store.wait([task.id], 0.02)
        assert (task.attempt, task.spent.strikes) == (3, 2)


async def test_ending_a_task_that_is_not_held_times_out(kit: Kit) -> None:
    async with kit() as (system, client):
        task_id = await client.submit(abs, -1)
        await system.outcome(task_id)
        with pytest.raises(TimeoutError):
            await system.finish(task_id, returned(1), timeout_s=0.05)


async def test_a_task_that_does_not_exist_is_not_found(kit: Kit) -> None:
    async with kit() as (system, _):
        with pytest.raises(NotFound):
            await system.outcome(NO_TASK)
        with pytest.raises(NotFound):
            await system.finish(NO_TASK, returned(1))


async def test_while_the_store_is_away_clients_are_told_to_come_back(kit: Kit) -> None:
    async with kit() as (system, client):
        task_id = await client.submit(abs, -1)
        registration = {"name": "f", "payload": PAYLOAD}
        with system.store.away():
            answers = [
                await client.http.get(f"/status/{task_id}"),
                await client.http.post("/register_function", json=registration),
            ]
        assert [(a.status_code, a.headers["Retry-After"]) for a in answers] == [(503, "1")] * 2
        await system.outcome(task_id)
        assert await client.status(task_id) == "COMPLETED"


async def test_no_route_succeeds_while_the_store_is_away(kit: Kit) -> None:
    async with kit() as (system, client):
        function_id = await system.service.register("f", dumps(abs))
        body = {"function_id": function_id, "payload": PAYLOAD}
        with system.store.away("switched off"):
            assert (await client.http.post("/execute_function", json=body)).status_code == 503
            assert (await client.http.get("/readyz")).status_code == 503
            assert "switched off" in (await client.http.get("/")).json()["redis_status"]


async def test_a_full_queue_is_a_matter_of_settings(kit: Kit) -> None:
    async with kit(run=held, queue_limit_tasks=1) as (_, client):
        await client.submit(abs, -1)
        function = (
            await client.http.post("/register_function", json={"name": "f", "payload": PAYLOAD})
        ).json()["function_id"]
        body = {"function_id": function, "payload": PAYLOAD}
        assert (await client.http.post("/execute_function", json=body)).status_code == 429


async def test_turning_the_clock_past_the_retention_forgets_ended_tasks(kit: Kit) -> None:
    async with kit() as (system, client):
        task_id = await client.submit(abs, -1)
        await system.outcome(task_id)
        system.clock.advance(DAY_MS + 1)
        assert (await client.http.get(f"/status/{task_id}")).status_code == 404


async def test_variables_of_the_shell_do_not_reach_the_kit(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFER_QUEUE_LIMIT_TASKS", "7")
    monkeypatch.setenv("GOFER_CONFIG", "no such file")
    async with kit() as (system, _):
        assert system.container.settings().queue_limit_tasks == 1_000_000


async def test_a_wrong_setting_is_refused_and_named(kit: Kit) -> None:
    with pytest.raises(ValueError, match="queue_limit_tasks"):
        async with kit(queue_limit_tasks=0):
            pass


async def test_a_bug_in_the_tests_own_run_is_raised_at_the_end(kit: Kit) -> None:
    def run(_function: FunctionBody, _assignment: Assignment) -> None:
        raise ZeroDivisionError

    async def broken_test() -> None:
        async with kit(run=run) as (system, client):
            await system.outcome(await client.submit(abs, -1), timeout_s=0.2)

    with pytest.raises(ExceptionGroup) as caught:
        await broken_test()
    assert caught.group_contains(ZeroDivisionError)


async def test_time_passes_as_fast_as_the_test_says(kit: Kit) -> None:
    async with kit(pace=1000) as (system, _):
        begun = system.clock.unix_ms()
        await wait_until_async(lambda: system.clock.unix_ms() > begun + 1_000, "a second passes")
        before = system.clock.steady_ms()
        system.clock.advance(DAY_MS)
        assert system.clock.steady_ms() >= before + DAY_MS


async def test_a_pace_that_is_none_is_an_error(kit: Kit) -> None:
    with pytest.raises(ValueError, match="pace"):
        async with kit(pace=-1):
            pass
