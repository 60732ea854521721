"""What stands before each script: what it uses, and nothing else."""

import re
from collections.abc import Mapping

import pytest

from gofer.adapters.redis.scripts import FIRST, read_scripts, read_shared, used, uses

SHARED = read_shared()
SCRIPTS = {name: source[source.index(f"-- {name}: ") :] for name, source in read_scripts().items()}
FILES = {**{f"shared/{name}": text for name, text in SHARED.items()}, **SCRIPTS}


def code(source: str) -> str:
    """Return a source without its comments and what is between quotation marks."""
    return re.sub(r"'[^'\n]*'", "''", re.sub(r"--[^\n]*", "", source))


def made_for_others(source: str) -> set[str]:
    """Return the names that a shared file makes outside its functions."""
    made = re.findall(r"^local (?:function (\w+)|([\w, ]+))", code(source), re.MULTILINE)
    return {name.strip() for function, names in made for name in (function or names).split(",")}


def made_inside(source: str) -> set[str]:
    """Return the names that are made anywhere: locals, parameters, loops."""
    text = code(source)
    made = re.findall(r"\blocal (?!function)([\w, ]+)", text)
    made += re.findall(r"\bfunction ?\w*\(([\w, ]*)\)", text)
    made += re.findall(r"\bfor ([\w, ]+?) (?:in|=)", text)
    return {name.strip() for names in made for name in names.split(",")}


def met_in(source: str, shared: Mapping[str, str]) -> set[str]:
    """Return the shared files of which a source uses something itself."""
    words = set(re.findall(r"(?<![\w.])\w+", code(source))) - made_inside(source)
    return {name for name, text in shared.items() if made_for_others(text) & words}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_says_which_shared_files_it_uses_and_names_no_other(name: str) -> None:
    others = {other: text for other, text in SHARED.items() if f"shared/{other}" != name}
    assert set(uses(FILES[name])) == met_in(FILES[name], others) - {FIRST}


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_before_a_script_stands_what_it_needs_each_file_once_behind_those_it_uses(
    script: str,
) -> None:
    order = used(SCRIPTS[script], SHARED)
    assert order[0] == FIRST
    assert len(set(order)) == len(order)
    for place, name in enumerate(order):
        assert set(uses(SHARED[name])) <= set(order[:place])
    assert read_scripts()[script] == "\n".join([*(SHARED[name] for name in order), SCRIPTS[script]])


def test_no_name_is_made_by_two_shared_files() -> None:
    names = [name for text in SHARED.values() for name in made_for_others(text)]
    assert len(set(names)) == len(names)
