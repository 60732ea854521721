"""What the original tests ask of every mode, over HTTP, with real processes.

One system serves all tests of a mode: they only use it.
"""

import codecs
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import factorial as exact_factorial
from pathlib import Path
from typing import Any

import pytest

from tests.support.caller import STATUSES, Caller, Ending
from tests.support.processes import ProcessRunner
from tests.support.system import MODES, System, lasting_system, show_logs

CLIENTS = 8
CALLS_A_CLIENT = 12
ROUND_TRIP_S = 0.2


@pytest.fixture(scope="module", params=MODES)
def _lasting(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    redis_server_url: str,
) -> Iterator[tuple[System, ProcessRunner]]:
    with lasting_system(tmp_path_factory, redis_server_url, request.param, slots=4) as made:
        yield made


@pytest.fixture
def running(
    _lasting: tuple[System, ProcessRunner], request: pytest.FixtureRequest
) -> Iterator[System]:
    system, runner = _lasting
    node = request.node
    assert isinstance(node, pytest.Item)
    show_logs(runner, node)
    yield system
    system.close()


def test_each_registration_gives_a_new_id(running: System) -> None:
    caller = running.caller()

    def double(number: int) -> int:
        return number * 2

    assert len({caller.register(double) for _ in range(3)}) == 3


def test_an_execution_gives_a_task_with_one_of_the_four_statuses(running: System) -> None:
    caller = running.caller()
    task_id = caller.submit(lambda: None)
    assert caller.status(task_id) in STATUSES
    assert caller.ending(task_id) == Ending("COMPLETED", None)


@pytest.mark.parametrize("line_breaks", [True, False])
def test_a_number_comes_back_doubled(running: System, *, line_breaks: bool) -> None:
    number = random.randint(0, 10_000)
    caller = running.caller(line_breaks=line_breaks)

    def double(number: int) -> int:
        return number * 2

    task_id = caller.submit(double, number)
    assert caller.ending(task_id) == Ending("COMPLETED", number * 2)
    assert caller.status(task_id) == "COMPLETED"


def test_a_function_that_raises_gives_back_its_exception(running: System) -> None:
    caller = running.caller()

    def refuse(reason: str) -> None:
        raise ValueError(reason)

    task_id = caller.submit(refuse, reason="never on Sundays")
    ending = caller.ending(task_id)
    assert ending.status == caller.status(task_id) == "FAILED"
    assert type(ending.value) is ValueError
    assert str(ending.value) == "never on Sundays"
    (note,) = ending.value.__notes__
    assert "Traceback (most recent call last)" in note
    assert "in refuse" in note


SCRIPT = """
import codecs, json, sys, time, urllib.request
import dill

def serialize(value):
    return codecs.encode(dill.dumps(value), "base64").decode()

def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sys.argv[1] + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)

def factorial(number):
    return 1 if number == 0 else number * factorial(number - 1)

def make_nested():
    def nested(number):
        return 1 if number == 0 else number * nested(number - 1)
    return nested

def run(function, number):
    function_id = ask("/register_function", {"name": "f", "payload": serialize(function)})
    body = {**function_id, "payload": serialize(((number,), {}))}
    task_id = ask("/execute_function", body)["task_id"]
    while True:
        answer = ask("/result/" + task_id)
        if answer["status"] in ("COMPLETED", "FAILED"):
            value = dill.loads(codecs.decode(answer["result"].encode(), "base64"))
            return [answer["status"], str(value)]
        time.sleep(0.01)

numbers = json.loads(sys.argv[2])
functions = [factorial, make_nested()]
print(json.dumps([run(function, number) for number in numbers for function in functions]))
"""
"""What a user would write: functions of the script itself and nested ones, both recursive."""


def test_functions_of_a_script_may_call_themselves(
    running: System, processes: ProcessRunner, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    numbers = random.sample(range(100), 3)
    command = [sys.executable, str(script), running.url, json.dumps(numbers)]
    client = processes.start(command, name="a user's script")
    assert client.wait(30) == 0, client.log()
    expected = [["COMPLETED", str(exact_factorial(n))] for n in numbers for _ in range(2)]
    assert json.loads(client.log()) == expected


def test_arguments_that_are_no_pair_of_tuple_and_dict_fail_the_task(running: System) -> None:
    caller = running.caller()
    function_id = caller.register(lambda: None)
    payload = "gANLAS4=\n"  # the pickle of 1
    answer = caller.ask(
        "POST", "/execute_function", {"function_id": function_id, "payload": payload}
    )
    assert answer.status_code == 200, answer.text
    ending = caller.ending(answer.json()["task_id"])
    assert ending.status == "FAILED"
    assert isinstance(ending.value, Exception)


def test_a_function_whose_module_is_missing_says_which_and_what_to_do(running: System) -> None:
    caller = running.caller()
    payload = codecs.encode(b"\x80\x04cno_such_module\nfunction\n.", "base64").decode()
    answer = caller.ask("POST", "/register_function", {"name": "f", "payload": payload})
    assert answer.status_code == 200, answer.text
    ending = caller.ending(caller.execute(answer.json()["function_id"]))
    assert ending.status == "FAILED"
    assert "no_such_module" in str(ending.value)
    assert "--path" in str(ending.value)


def test_an_idle_system_answers_a_no_op_before_an_original_client_gives_up(
    running: System,
) -> None:
    caller = running.caller()
    function_id = caller.register(lambda: None)

    def round_trip() -> float:
        began = time.monotonic()
        caller.ending(caller.execute(function_id))
        return time.monotonic() - began

    # the median: the bound is the contract's, the noise is the machine's
    assert statistics.median(round_trip() for _ in range(9)) < ROUND_TRIP_S


def test_a_megabyte_goes_there_and_back(running: System) -> None:
    caller = running.caller()
    blob = random.randbytes(1024 * 1024)

    def reverse(data: bytes) -> bytes:
        return data[::-1]

    assert caller.ending(caller.submit(reverse, blob)) == Ending("COMPLETED", blob[::-1])


# ---------------------------------------------------------------- the array of mixed functions


@dataclass(frozen=True, slots=True)
class Case:
    """A function with arguments, and what must come back."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    status: str
    value: Any

    def is_met_by(self, ending: Ending) -> bool:
        if ending.status != self.status:
            return False
        if isinstance(self.value, Exception):
            same_type = type(ending.value) is type(self.value)
            return same_type and str(ending.value) == str(self.value)
        return bool(ending.value == self.value)


def mixed_cases() -> list[Case]:
    """Return functions that do nothing, raise, sleep and compute, with random parameters."""

    def nothing() -> None:
        pass

    def fail(text: str) -> None:
        raise RuntimeError(text)

    def sleep(seconds: float) -> float:
        import time  # noqa: PLC0415 - a function brings its imports along

        time.sleep(seconds)
        return seconds

    def total(numbers: list[int], scale: int) -> int:
        return sum(numbers) * scale

    numbers = [random.randint(0, 99) for _ in range(50)]
    scale = random.randint(2, 9)
    text = f"on purpose, number {random.random()}"
    nap = random.choice([0.02, 0.05, 0.1])
    return [
        Case(nothing, (), "COMPLETED", None),
        Case(fail, (text,), "FAILED", RuntimeError(text)),
        Case(sleep, (nap,), "COMPLETED", nap),
        Case(total, (numbers, scale), "COMPLETED", sum(numbers) * scale),
    ]


def test_many_clients_at_once_each_get_their_own_results(running: System) -> None:
    def run_client(number: int) -> list[str]:
        """Return what was wrong."""
        cases = [random.choice(mixed_cases()) for _ in range(CALLS_A_CLIENT)]
        with Caller(running.url, line_breaks=number % 2 == 0) as caller:
            task_ids = [caller.submit(case.function, *case.arguments) for case in cases]
            assert all(caller.status(task_id) in STATUSES for task_id in task_ids)
            endings = caller.endings(task_ids, 40)
            statuses = [caller.status(task_id) for task_id in task_ids]
        results = zip(cases, endings, statuses, strict=True)
        return [
            f"{case} ended with {ending}, status {status}"
            for case, ending, status in results
            if not case.is_met_by(ending) or status != case.status
        ]

    with ThreadPoolExecutor(CLIENTS) as pool:
        wrong = [line for lines in pool.map(run_client, range(CLIENTS)) for line in lines]
    assert wrong == []
