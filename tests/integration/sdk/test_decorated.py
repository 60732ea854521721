"""Decorated functions: here, there, and many times there; and handles on what they have become."""

import inspect
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from gofer import Batch, Client, Executor, Refused, RemoteError
from gofer.domain.task import Cause, Failure
from gofer.testing import RunningSystem, returned

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"

STEP = 10
"""A global name that functions use; tests change it."""


@pytest.fixture
def client(system: RunningSystem) -> Iterator[Client]:
    with Client(system.url) as opened:
        yield opened


class NotingClient(Client):
    """Notes the ids of the tasks that it has submitted."""

    def submit_payloads(self, *args: Any, **kwargs: Any) -> Batch:
        batch = super().submit_payloads(*args, **kwargs)
        self.batch, self.ids = batch, [str(each) for each in batch.task_ids]
        return batch


def twice(number: int, *, more: int = 0) -> int:
    """Double it."""
    if number < 0:
        raise ValueError(f"{number} is negative")
    return 2 * number + more


def test_a_decorated_function_runs_here_when_it_is_called() -> None:
    decorated = Client("http://127.0.0.1:1").function(twice)
    assert decorated(4, more=1) == 9


def test_a_decorated_function_looks_like_the_function_itself() -> None:
    decorated = Client("http://127.0.0.1:1").function(timeout=60)(twice)
    assert (vars(decorated)["__name__"], decorated.__doc__) == ("twice", "Double it.")
    assert inspect.signature(decorated) == inspect.signature(twice)
    assert repr(decorated) == "<RemoteFunction twice>"


def test_remote_waits_and_gives_what_came_back(client: Client) -> None:
    decorated = client.function(timeout=60, retries=1, tags=["a"])(twice)
    assert decorated.remote(4, more=1) == 9
    with pytest.raises(ValueError, match="-1 is negative") as caught:
        decorated.options(retries=0).remote(-1)
    assert "Traceback" in caught.value.__notes__[0]


def test_a_result_is_kept_as_long_as_said(client: Client) -> None:
    shortly = client.function(result_ttl=60)(twice)
    assert shortly.spawn(1).info()["result_ttl_s"] == 60
    assert shortly.options(result_ttl=30).spawn(1).info()["result_ttl_s"] == 30


class Unrebuilt(Exception):
    """One that pickles and does not open again."""

    def __init__(self, text: str, *, code: int) -> None:
        super().__init__(text)
        self.code = code


def test_an_exception_that_cannot_be_rebuilt_is_told_with_its_name(client: Client) -> None:
    @client.function
    def fail() -> None:
        raise Unrebuilt("broken", code=3)

    with pytest.raises(RemoteError, match="Unrebuilt: broken") as caught:
        fail.remote()
    assert "Traceback" in caught.value.__notes__[0]


def test_spawn_gives_a_handle_that_another_process_can_make_from_the_id(
    system: RunningSystem, client: Client
) -> None:
    task = client.function(twice).spawn(5)
    with Client(system.url) as other:
        assert other.task(task.id).result(timeout=30) == 10
    assert task.result() == 10


def test_a_task_that_does_not_end_is_waited_for_no_longer_than_said(
    holding: RunningSystem,
) -> None:
    with Client(holding.url) as client:
        task = client.function(twice).spawn(1)
        with pytest.raises(TimeoutError, match=task.id):
            task.result(timeout=0.05)
        holding.finish(task.id, returned(1))


def test_a_task_that_there_is_not_is_refused(client: Client) -> None:
    with pytest.raises(Refused, match=UNKNOWN):
        client.task(UNKNOWN).result(timeout=1)


def test_map_gives_results_in_order(client: Client) -> None:
    decorated = client.function(twice)
    assert list(decorated.map(range(300))) == [2 * n for n in range(300)]
    assert list(decorated.map([])) == []


def test_map_gives_results_in_order_whatever_ends_first(holding: RunningSystem) -> None:
    with NotingClient(holding.url) as client:
        found = client.function(twice).map(range(3), timeout=30)
        for position in (2, 0, 1):
            holding.finish(client.ids[position], returned(position))
        assert list(found) == [0, 1, 2]


def test_map_raises_what_a_call_raised_and_cancels_the_rest(holding: RunningSystem) -> None:
    with NotingClient(holding.url) as client:
        found = client.function(twice).map(range(3))
        first, second, third = client.ids
        holding.finish(first, returned(0))
        assert next(found) == 0
        holding.finish(second, Failure(Cause.EXCEPTION, "Odd", "an odd one", "", b""))
        with pytest.raises(RemoteError, match="an odd one"):
            next(found)
        assert client.result(third, timeout=30).status == "CANCELLED"


def test_map_gives_up_in_time(holding: RunningSystem) -> None:
    with Client(holding.url) as client:
        found = client.function(twice).map(range(2), timeout=0.05)
        with pytest.raises(TimeoutError, match="2 of 2"):
            next(found)


def test_other_options_leave_the_function_as_it_is(client: Client) -> None:
    decorated = client.function(retries=1)(twice)
    assert decorated.options(priority=0).remote(3) == 6
    assert decorated.remote(2) == 4


def test_an_option_that_there_is_not_is_told_with_those_there_are(client: Client) -> None:
    function: Any = client.function
    with pytest.raises(TypeError, match=r"no option timeout_s; .*timeout"):
        function(timeout_s=3)(twice)
    with pytest.raises(TypeError, match=r"tags=\['a'\]"):
        client.function(tags="a")(twice)


def test_a_decorated_function_may_call_itself_and_others_on_the_worker(client: Client) -> None:
    inner = client.function(twice)

    @client.function
    def countdown(number: int) -> list[int]:
        return [inner(number), *(countdown(number - 1) if number else [])]

    assert countdown.remote(2) == [4, 2, 0]


def test_a_function_that_the_service_has_lost_is_registered_again(client: Client) -> None:
    decorated = client.function(name="lost")(twice)
    assert decorated.remote(1) == 2
    client.functions.delete(decorated.register())
    assert decorated.remote(2) == 4
    client.functions.delete(decorated.register())
    assert list(decorated.map(range(3))) == [0, 2, 4]


def test_a_function_is_sent_as_it_is_when_it_is_called(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = 1

    def closed() -> tuple[int, int]:
        return bound, STEP

    decorated = client.function(closed)
    assert decorated.remote() == (1, 10)
    before = decorated.register()
    monkeypatch.setitem(closed.__globals__, "STEP", 20)
    assert decorated.remote() == (1, 20)
    bound = 2
    assert decorated.spawn().result(timeout=30) == (2, 20)
    monkeypatch.setitem(closed.__globals__, "STEP", 10)
    bound = 1
    assert decorated.register() == before


def test_what_a_helper_refers_to_is_sent_as_it_is(
    client: Client, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [1]

    def helper() -> tuple[int, ...]:
        return (STEP, *kept)

    def outer() -> tuple[int, ...]:
        return helper()

    decorated = client.function(outer)
    assert (decorated.remote(), pool.submit(outer).result(30)) == ((10, 1), (10, 1))
    kept.append(2)
    monkeypatch.setitem(helper.__globals__, "STEP", 20)
    assert (decorated.remote(), pool.submit(outer).result(30)) == ((20, 1, 2), (20, 1, 2))


def test_map_sends_a_function_as_it_is_when_it_is_called(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    @client.function
    def stepped(number: int) -> int:
        return number + STEP

    assert list(stepped.map([1, 2])) == [11, 12]
    monkeypatch.setitem(globals(), "STEP", 20)
    assert list(stepped.map([1, 2])) == [21, 22]


def test_another_refusal_is_told_and_leaves_the_function_as_it_is(client: Client) -> None:
    decorated = client.function(name="kept", tags=["x" * 10_000])(twice)
    before = decorated.register()
    with pytest.raises(Refused, match="tag"):
        decorated.remote(1)
    assert decorated.register() == before
    assert [each["id"] for each in client.functions.versions("kept")] == [before]


def test_an_executor_takes_a_decorated_function(client: Client, pool: Executor) -> None:
    future: Future[int] = pool.submit(client.function(twice), 3)
    assert future.result(30) == 6
