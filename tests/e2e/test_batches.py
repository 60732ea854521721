"""Batches through the whole system, in each mode: every task once, every result to its task."""

import time
from collections.abc import Callable

import pytest

from gofer import Client
from tests.support.system import MODES, System


def shouting() -> Callable[[int, bytes], tuple[int, bytes]]:
    """Return a function that travels whole, because no module has it by its name."""

    def shout(number: int, body: bytes) -> tuple[int, bytes]:
        if number % 10 == 7:
            raise ValueError(str(number))
        return number, body.upper()

    return shout


@pytest.mark.parametrize("mode", MODES)
def test_each_task_of_a_batch_is_answered_with_its_own_result(system: System, mode: str) -> None:
    system.start_all(mode)
    with Client(system.url) as client:
        function = client.register(shouting())
        payloads = [client.arguments(number, b"x" * (number % 50)) for number in range(1_500)]
        batch = client.submit_batch(function, payloads)
        results = {result.position: result for result in batch.results(timeout=50)}
        assert [results[place].id for place in range(1, 1_501)] == list(batch.task_ids)
        for number in range(1_500):
            result = results[number + 1]
            if number % 10 == 7:
                assert result.status == "FAILED"
                with pytest.raises(ValueError, match=str(number)):
                    result.value()
            else:
                assert result.value() == (number, b"X" * (number % 50))


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_can_be_cancelled_while_it_runs(system: System, mode: str) -> None:
    system.start_all(mode)
    with Client(system.url) as client:
        function = client.register(time.sleep)
        batch = client.submit_batch(function, [client.arguments(30) for _ in range(20)])
        cancelled = batch.cancel()
        assert cancelled.prevented + cancelled.stopping == 20
        statuses = [result.status for result in batch.results(timeout=30)]
    assert statuses == ["CANCELLED"] * 20
