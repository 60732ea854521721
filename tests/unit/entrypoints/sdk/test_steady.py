"""A function's pickle: the same in every process, whatever the seed of its hashes."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from gofer.entrypoints.sdk import outcomes, steady

SCRIPT = '''
import hashlib, json, math, os, re, sys
from gofer.entrypoints.sdk.packing import pack

WORDS = {"ash", "birch", "cedar", "elm", "fir", "oak", 3, None, b"x"}
LIMIT, STEP, TABLE = 3, 5, {"zeta": 1, "alpha": 2}

def inner(text):
    return re.sub("a", "b", text), len(WORDS), STEP

def outer(text):
    """Use many names."""
    if text in {"one", "two", "three", "four", "five"}:
        return math.pi
    return json.dumps([inner(text), LIMIT, TABLE, os.sep]), sorted(WORDS, key=str), outer

print(hashlib.sha256(pack(outer).bytecode).hexdigest())
'''


def digest(script: Path, seed: int) -> str:
    """Return the digest that a process of this seed gives to the script's function."""
    return subprocess.run(
        [sys.executable, "-P", str(script)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        text=True,
        capture_output=True,
        check=True,
        timeout=30,
    ).stdout


def test_the_same_function_is_the_same_pickle_in_processes_of_other_seeds(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    assert len({digest(script, seed) for seed in (1, 2, 3)}) == 1


@pytest.mark.parametrize(
    "value",
    [set[str](), {"a", "b", 1, 1.5, None, b"x"}, frozenset({"a", "b"}), {("a", 1), ("b", 2)}],
    ids=["empty", "mixed", "frozen", "of tuples"],
)
def test_sets_come_back_as_they_were(value: object) -> None:
    back = pickle.loads(steady.dumps([value, value]))
    assert back == [value, value]
    assert back[0] is back[1]
    assert type(back[0]) is type(value)


def test_the_order_of_a_dictionary_is_kept() -> None:
    table = {"zeta": 1, "alpha": 2}

    def names() -> list[str]:
        return list(table)

    names.__module__ = "__main__"
    assert outcomes.load(steady.dumps(names))() == ["zeta", "alpha"]
