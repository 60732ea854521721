"""No process of ours opens a pickle but a worker's child; whoever tries is told no, aloud."""

import os
import pickle
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gofer.adapters.payload import encode_payload
from tests.support.original_client import deserialize, dumps
from tests.support.ports import free_port
from tests.support.processes import ProcessRunner
from tests.support.system import MODES, System

TRYING = """
import pickle, sys, threading

def attempt():
    try:
        pickle.loads(b"\\x80\\x02cbuiltins\\nprint\\n(S'opened'\\ntR.")
    except Exception as error:  # of whatever kind the guard raises: the test reads it
        print("refused:", type(error).__name__, error, flush=True)

def hook(event, arguments):
    if event == "sys.addaudithook":
        timer = threading.Timer(0.2, attempt)
        timer.daemon = True
        timer.start()

sys.addaudithook(hook)
from gofer.entrypoints.cli import main
main()
"""
"""A part in which something opens a pickle, soon after another hook was added."""

NOWHERE = "redis://127.0.0.1:1/0"
PARTS = {
    "api": ["api", "--port", "0", "--store", NOWHERE],
    "dispatcher": ["dispatcher", "-m", "push", "-p", "0", "--store", NOWHERE],
    "worker": ["worker", "push", "1", "tcp://127.0.0.1:1"],
    "everything in one process": ["up", "--store", "memory://", "-p", "0", "-w", "1"],
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_in_which_something_opens_a_pickle_says_no_aloud(
    processes: ProcessRunner, part: str
) -> None:
    process = processes.start([sys.executable, "-c", TRYING, *PARTS[part]], name=part)
    process.wait_for_log("refused: UnpicklingForbidden this process must not open pickles")
    assert "builtins" in process.log()
    assert "in attempt" in process.log()
    assert not process.log().startswith("opened")


def test_the_application_factory_arms_its_process(processes: ProcessRunner) -> None:
    factory = "--factory gofer.entrypoints.rest.app:create_app --port"
    script = TRYING.replace("gofer.entrypoints.cli", "uvicorn")
    command = [sys.executable, "-c", script, *factory.split(), str(free_port())]
    process = processes.start(command, name="uvicorn", env={"GOFER_STORE": NOWHERE})
    process.wait_for_log("refused: UnpicklingForbidden")
    assert "opened\n" not in process.log()


# ---------------------------------------------------------------- a canary through everything


def song(path: Path) -> str:
    """Return an expression that notes in a file which process, of which session, opens a pickle."""
    words = "'%d %d\\n' % (__import__('os').getpid(), __import__('os').getsid(0))"
    return f"[f := open({str(path)!r}, 'a'), f.write({words}), f.close()]"


class Canary:
    """Its pickle sings when it is opened, and becomes the value of an expression."""

    def __init__(self, path: Path, value: str) -> None:
        self._expression = f"[{song(path)}, {value}][1]"

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return eval, (self._expression,)


def hatching() -> Callable[[str, str, int], object]:
    """Return a function, by value, that returns or raises what sings when it is opened."""

    def hatch(kind: str, expression: str, value: int) -> object:
        class Bird(Exception):
            def __reduce__(self) -> tuple[object, tuple[str]]:
                return eval, (expression,)

        if kind == "exception" and value == 7:
            raise Bird(kind)
        return Bird(kind)

    return hatch


def singers(path: Path) -> list[tuple[int, int]]:
    """Return process and session of each opening."""
    if not path.exists():
        return []
    return [(int(a), int(b)) for a, b in map(str.split, path.read_text().splitlines())]


@pytest.mark.parametrize("mode", MODES)
def test_a_canary_sings_in_a_child_and_nowhere_else(
    processes: ProcessRunner, redis_url: str, tmp_path: Path, mode: str
) -> None:
    function_egg, arguments_egg, result_egg, exception_egg = (tmp_path / n for n in "farx")
    with closing(System(processes, redis_url, {})) as system:
        system.start_all(mode)
        caller = system.caller()
        by_value = f"__import__('dill').loads({dumps(hatching(), recurse=True)!r})"
        body = {
            "name": "f",
            "payload": encode_payload(pickle.dumps(Canary(function_egg, by_value))),
        }
        function_id = caller.ask("POST", "/register_function", body).json()["function_id"]
        texts: list[str] = []
        for kind, egg in (("result", result_egg), ("exception", exception_egg)):
            arguments = pickle.dumps(((kind, song(egg), Canary(arguments_egg, "7")), {}))
            body = {"function_id": function_id, "payload": encode_payload(arguments)}
            task_id = caller.ask("POST", "/execute_function", body).json()["task_id"]
            caller.wait_for(task_id, {"COMPLETED", "FAILED"})
            texts.append(caller.ask("GET", f"/result/{task_id}").json()["result"])
        parts = {part.pid for part in processes.started}
        assert singers(result_egg) == []  # written in the child, never opened
        for egg in (function_egg, arguments_egg, exception_egg):
            assert singers(egg)
            assert all(pid == session and pid not in parts for pid, session in singers(egg))
        deserialize(texts[0])  # what a client does: that the canary can sing
        assert [pid for pid, _ in singers(result_egg)] == [os.getpid()]
