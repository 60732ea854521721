"""The locked requirements: complete, hashed, as pyproject.toml wants them, without addresses."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.checkout import ROOT

EXTRAS_OF_LOCK: dict[str, tuple[str, ...]] = {
    "run": (),
    "test": ("test",),
    "lint": ("test", "lint"),
    "fuzz": ("test", "fuzz"),
    "docs": ("test", "docs"),
}
ENTRY = re.compile(r"(?P<name>[a-zA-Z0-9][\w.-]*)(\[[a-z,]+\])?==(?P<version>[^\s;]+)")
ADDRESS_OR_OPTION = re.compile(r"://|@ |--[a-gi-z]|^\s*-[ef]")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of a lock."""

    version: str
    hashes: int


PEERS = sorted(file.stem for file in (ROOT / "benchmarks/requirements").glob("*.in"))


def text_of(lock: str) -> str:
    """Return a lock of the project, or of one of the peers that it is measured beside."""
    folder = "benchmarks/requirements" if lock in PEERS else "requirements"
    return (ROOT / folder / f"{lock}.txt").read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, list[Pin]]:
    """Return the pins of a lock by name; a name may have several, for several platforms."""
    text = text_of(lock)
    found: dict[str, list[Pin]] = {}
    for block in re.split(r"\n(?=\S)", text):
        entry = ENTRY.match(block)
        if entry is not None:
            pin = Pin(entry["version"], block.count("--hash=sha256:"))
            found.setdefault(canonicalize_name(entry["name"]), []).append(pin)
    return found


def wanted(extras: tuple[str, ...]) -> list[Requirement]:
    """Return what pyproject.toml asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    return [Requirement(text) for each in lists for text in each]


@pytest.mark.parametrize(("lock", "extras"), EXTRAS_OF_LOCK.items())
def test_a_lock_satisfies_what_pyproject_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    locked = pins(lock)
    unsatisfied = [
        str(requirement)
        for requirement in wanted(extras)
        for pin in locked.get(canonicalize_name(requirement.name), [Pin("", 0)])
        if not pin.version or not requirement.specifier.contains(pin.version)
    ]
    assert unsatisfied == [], "run `make lock`"


@pytest.mark.parametrize("peer", PEERS)
def test_a_peers_lock_satisfies_what_is_asked_of_it(peer: str) -> None:
    asked = (ROOT / "benchmarks/requirements" / f"{peer}.in").read_text(encoding="utf-8")
    locked = pins(peer)
    for requirement in map(Requirement, asked.splitlines()):
        (pin, *_) = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version), "run `make lock`"


def test_no_peer_is_among_the_projects_own_requirements() -> None:
    assert not {"celery", "dramatiq", "huey", "rq", "distributed", "ray", "parsl"} & {*pins("lint")}


def test_the_lock_for_builds_holds_the_build_system() -> None:
    system = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    locked = pins("build")
    assert all(canonicalize_name(Requirement(each).name) in locked for each in system["requires"])


@pytest.mark.parametrize("lock", ["build", *EXTRAS_OF_LOCK, *PEERS])
def test_every_locked_package_has_hashes(lock: str) -> None:
    locked = pins(lock)
    assert locked
    assert [name for name, each in locked.items() if not all(pin.hashes for pin in each)] == []


@pytest.mark.parametrize("lock", ["build", *EXTRAS_OF_LOCK, *PEERS])
def test_a_lock_holds_no_address_and_no_path(lock: str) -> None:
    suspects = [line for line in text_of(lock).splitlines() if ADDRESS_OR_OPTION.search(line)]
    assert suspects == []


def test_the_locks_agree_with_one_another() -> None:
    everything = pins("lint")
    for lock in ("build", "run", "test"):
        assert {name: everything.get(name) for name in pins(lock)} == pins(lock)
