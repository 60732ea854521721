"""Keys: one tag for all of them, and names that cannot break it."""

import re

import pytest

from gofer.adapters.redis.keys import Keys
from gofer.adapters.redis.scripts import read_scripts
from gofer.domain.errors import InvalidInput


def test_every_key_has_the_tag_of_its_namespace_and_shard() -> None:
    keys = Keys("blue", 7)
    for key in (keys.schema, keys.bell("d1"), keys.ended, keys.inbox("d1")):
        assert key.startswith("{blue:7}:")


@pytest.mark.parametrize("namespace", ["", "a{b", "a}b", "a b", "ä", "x" * 65])
def test_a_namespace_that_would_break_the_tag_is_refused(namespace: str) -> None:
    with pytest.raises(InvalidInput):
        Keys(namespace)


@pytest.mark.parametrize("shard", [-1, 256])
def test_a_shard_that_no_id_can_name_is_refused(shard: int) -> None:
    with pytest.raises(InvalidInput):
        Keys(shard=shard)


@pytest.mark.parametrize("script", sorted(read_scripts()))
def test_a_script_builds_every_key_from_the_prefix(script: str) -> None:
    """Each call of a command names its key as P .. '...', or by a local that was made so.

    A list of keys, or of keys and values (``written``), is filled with such names only, or out of
    ``keys``.
    """
    source = re.sub(r"--[^\n]*", "", read_scripts()[script])
    locals_made = re.findall(r"local ([\w, ]+) = (P \.\. '[^\n]*)", source)
    made = {name for names, _ in locals_made for name in names.split(", ")} | {"P"}
    lists = {name: name for name in ("keys", "emptied", "buried", "staged")} | {"written": "put"}
    for command, key in re.findall(r"redis\.call\('(\w+)'(?:, ([^\s,)]+))?", source):
        if command in {"TIME", "DBSIZE"}:
            assert key == ""
        elif found := re.match(r"(?:unpack\()?(keys|emptied|buried|staged|written)\b", key):
            made_of = _filled_with(source, lists[found[1]])
            assert made_of
            if "keys" in made_of:
                made_of = made_of - {"keys"} | _filled_with(source, "keys")
            assert made_of <= made, f"{command} {key}"
        else:
            assert key in made, f"{command} {key}"


def _filled_with(source: str, name: str) -> set[str]:
    """Return the first words of what a list is filled with, or a function is called with."""
    if name == "put":
        return set(re.findall(r"(?<!function )\bput\((\w+)", source))
    return set(re.findall(rf"\b{name}\[#{name} \+ 1\] = (\w+)", source))


@pytest.mark.parametrize("script", sorted(read_scripts()))
def test_a_script_says_what_it_takes_and_answers(script: str) -> None:
    source = read_scripts()[script]
    own = source[source.index(f"\n-- {script}: ") :]
    for heading in ("ARGV", "Answer", "Repeatable"):
        assert f"-- {heading}" in own


@pytest.mark.parametrize("script", sorted(read_scripts()))
def test_a_script_uses_nothing_that_a_server_or_the_tests_lack(script: str) -> None:
    source = read_scripts()[script]
    assert not source.startswith("#!")
    for word in ("cmsgpack", "bit.", "'KEYS'", "'SCAN'", "os.time", "math.random"):
        assert word not in source
