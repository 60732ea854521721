"""Functions really run in the testing kit, and end as on a real worker."""

import sys
import threading
from typing import Any

import pytest

from gofer.domain.task import Cause, Failure, Success, TaskStatus
from tests.support.original_client import serialize
from tests.unit.testing_kit.conftest import Kit

NO_ARGUMENTS = serialize(((), dict[str, Any]()))


def double(number: int) -> int:
    return 2 * number


async def test_a_function_runs_and_its_value_comes_back(kit: Kit) -> None:
    async with kit() as (system, client):
        task_id = await client.submit(double, 21)
        task, outcome = await system.outcome(task_id)
        assert (task.status, type(outcome)) == (TaskStatus.COMPLETED, Success)
        assert await client.value(task_id) == 42


async def test_an_exception_comes_back_as_itself(kit: Kit) -> None:
    async with kit() as (system, client):
        task_id = await client.submit(int, "no number")
        await system.outcome(task_id)
        assert await client.status(task_id) == "FAILED"
        error = await client.value(task_id)
    assert isinstance(error, ValueError)
    assert "no number" in str(error)


async def test_a_recursive_function_finds_itself(kit: Kit) -> None:
    def factorial(number: int) -> int:
        return 1 if number == 0 else number * factorial(number - 1)

    async with kit() as (system, client):
        task_id = await client.submit(factorial, 10)
        await system.outcome(task_id)
        assert await client.value(task_id) == 3_628_800


async def test_a_coroutine_function_is_awaited(kit: Kit) -> None:
    async def answer() -> int:
        return 42

    async with kit() as (system, client):
        task_id = await client.submit(answer)
        await system.outcome(task_id)
        assert await client.value(task_id) == 42


async def test_what_the_test_replaced_is_replaced_for_the_function_too(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def platform() -> str:
        return sys.platform

    monkeypatch.setattr(sys, "platform", "a platform of the test")
    async with kit() as (system, client):
        task_id = await client.submit(platform)
        await system.outcome(task_id)
        assert await client.value(task_id) == "a platform of the test"


async def test_as_many_functions_as_there_are_slots_run_at_once(kit: Kit) -> None:
    _BARRIERS["together"] = threading.Barrier(2)
    async with kit(slots=2) as (system, client):
        task_ids = [await client.submit(_meet) for _ in range(2)]
        for task_id in task_ids:
            await system.outcome(task_id)
        statuses = [await client.status(task_id) for task_id in task_ids]
    assert statuses == ["COMPLETED", "COMPLETED"]


_BARRIERS: dict[str, threading.Barrier] = {}


def _meet() -> None:
    _BARRIERS["together"].wait(timeout=10)


async def cause_of(kit: Kit, function: object, payload: str = "", **settings: Any) -> Cause:
    async with kit(**settings) as (system, client):
        task_id = await client.submit_payload(function, payload or NO_ARGUMENTS)
        _, outcome = await system.outcome(task_id)
    assert isinstance(outcome, Failure)
    return outcome.cause


async def test_arguments_that_are_no_tuple_and_dict_fail_the_task(kit: Kit) -> None:
    assert await cause_of(kit, double, serialize(21)) is Cause.EXCEPTION


async def test_a_function_that_is_no_callable_fails_the_task(kit: Kit) -> None:
    assert await cause_of(kit, "no callable") is Cause.EXCEPTION


async def test_a_result_that_cannot_be_pickled_fails_the_task(kit: Kit) -> None:
    def generator() -> object:
        return (number for number in range(3))

    assert await cause_of(kit, generator) is Cause.UNSERIALIZABLE


async def test_a_result_over_the_limit_fails_the_task(kit: Kit) -> None:
    def large() -> bytes:
        return bytes(1000)

    assert await cause_of(kit, large, result_limit_bytes=100) is Cause.TOO_LARGE


async def test_a_missing_module_fails_the_task_and_is_named(kit: Kit) -> None:
    missing = b"\x80\x04cno_such_module_of_a_user\nfunction\n."
    async with kit() as (system, client):
        function = await system.service.register("f", missing)
        body = {"function_id": function, "payload": NO_ARGUMENTS}
        task_id = (await client.http.post("/execute_function", json=body)).json()["task_id"]
        _, outcome = await system.outcome(task_id)
    assert isinstance(outcome, Failure)
    assert outcome.type == "ModuleNotFoundError"
    assert "no_such_module_of_a_user" in outcome.message


async def test_an_exit_fails_the_task_with_its_code(kit: Kit) -> None:
    def leave() -> None:
        raise SystemExit(3)

    async with kit() as (system, client):
        task, outcome = await system.outcome(await client.submit(leave))
    assert isinstance(outcome, Failure)
    assert (outcome.cause, outcome.exit_code) == (Cause.EXIT, 3)
    assert (task.attempt, task.spent.strikes) == (1, 0)


async def test_a_memory_error_is_told_from_other_exceptions(kit: Kit) -> None:
    def exhaust() -> None:
        raise MemoryError

    assert await cause_of(kit, exhaust) is Cause.MEMORY
