"""What pages name exists: files, modules, make targets, commands with their options, variables."""

import importlib
import re
import shlex

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import Exit, TyperException

from gofer.entrypoints.cli import app
from gofer.entrypoints.sdk.address import TOKEN_VARIABLE, URL_VARIABLE
from gofer.entrypoints.settings import CONFIG_VARIABLE, Settings
from tests.support.checkout import ROOT
from tests.support.pages import Page, all_pages

TOPS = (
    "domain",
    "adapters",
    "entrypoints",
    "tests",
    "src",
    "docs",
    "requirements",
    "benchmarks",
    ".ci",
)
PATH = re.compile(rf"({'|'.join(map(re.escape, TOPS))})/[\w./*-]*\Z")
DOTTED = re.compile(r"gofer(\.\w+)+\Z")
VARIABLE = re.compile(r"\bGOFER_[A-Z_]+[A-Z]\b")
MAKE = re.compile(r"(?:^|`|&& |; )make ([a-z0-9][a-z0-9-]*)", re.MULTILINE)
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:gofer|python -m gofer\.entrypoints\.(\S+))(?: (.*))?$")
OF_THE_TESTS = {
    "GOFER_CHAOS_SECONDS",
    "GOFER_CHAOS_SEED",
    "GOFER_SIMULATION_FIRST",
    "GOFER_SIMULATION_SEEDS",
    "GOFER_SOAK_MODE",
    "GOFER_SOAK_TASKS",
    "GOFER_TEST_LIBRARY",
    "GOFER_TEST_REDIS_URL",
    "GOFER_TEST_SERVER",
    "GOFER_TEST_SETTLE_S",
}
OF_CLIENTS = {URL_VARIABLE, TOKEN_VARIABLE}
BETWEEN_PARTS = {"GOFER_READY_FD", "GOFER_LIFELINE_FD"}


def test_every_path_that_a_page_names_exists() -> None:
    missing = [
        f"{each.name}: {name}"
        for each in all_pages()
        for name in each.quoted()
        if PATH.match(name) and "..." not in name and not list(ROOT.glob(name.rstrip("/")))
    ]
    assert missing == []


def test_every_module_that_a_page_names_exists_with_what_is_taken_from_it() -> None:
    missing = [
        f"{each.name}: {name}"
        for each in all_pages()
        for name in each.quoted()
        if DOTTED.match(name.rstrip(".")) and not _resolves(name)
    ]
    assert missing == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    named = {
        (each.name, target)
        for each in all_pages()
        for text in [*each.blocks("sh"), *(f"`{quoted}`" for quoted in each.quoted())]
        for target in MAKE.findall(text)
    }
    assert named
    assert [(name, target) for name, target in named if target not in targets] == []


def test_every_variable_that_a_page_names_is_a_setting() -> None:
    known = {f"GOFER_{name.upper()}" for name in Settings.model_fields}
    known |= {CONFIG_VARIABLE, *OF_THE_TESTS, *BETWEEN_PARTS, *OF_CLIENTS}
    unknown = [
        f"{each.name}: {name}"
        for each in all_pages()
        for name in VARIABLE.findall(each.text)
        if name not in known
    ]
    assert unknown == []


def _is_a_pattern(text: str) -> bool:
    """Tell whether a line is a picture of commands rather than one: ``gofer worker push N URL``."""
    return bool(re.search(r"\.\.\.|\||\[|\b[A-Z]{2,}\b|(?<=[ :])[NP]\b", text))


def commands() -> list[tuple[str, str]]:
    """Return every command line of a shell block that starts something of gofer."""
    return [
        (each.name, line.partition("  #")[0].strip())
        for each in all_pages()
        for block in each.blocks("sh")
        for line in block.replace("\\\n", " ").splitlines()
        if COMMAND.match(line)
    ] + [
        (each.name, quoted)
        for each in all_pages()
        for quoted in each.quoted()
        if COMMAND.match(quoted) and not _is_a_pattern(quoted)
    ]


@pytest.mark.parametrize(("name", "line"), commands())
def test_every_command_line_that_a_page_shows_is_understood(name: str, line: str) -> None:
    assert _is_understood(line), f"{name} shows a command that does not parse: {line}"


def test_a_command_that_does_not_exist_would_be_seen() -> None:
    assert not _is_understood("gofer fly")
    assert not _is_understood("gofer worker push many tcp://host:1")
    assert not _is_understood("gofer api --no-such-option")
    assert not _is_understood("gofer task fly 1")
    assert _is_understood("gofer task show 1")


def test_pages_say_something() -> None:
    assert [each.name for each in all_pages() if not _has_a_title(each)] == []


def _has_a_title(page: Page) -> bool:
    return page.text.startswith("# ") and len(page.text) > 200


def _resolves(name: str) -> bool:
    parts = name.rstrip(".").split(".")
    for size in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:size]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[size:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def _is_understood(line: str) -> bool:
    match = COMMAND.match(line)
    assert match is not None
    module, rest = match.groups()
    words = [*(module or "").split("."), *shlex.split(rest or "")]
    words = [word for word in words if word]
    if module is not None and module.startswith("workers."):
        words[0] = "worker"
    command: object = typer.main.get_command(app)
    used: list[str] = []
    try:
        while isinstance(command, TyperGroup):
            if len(words) == len(used) or words[len(used)] == "--help":
                return bool(used) or words in ([], ["--help"])
            command = command.commands[words[len(used)]]
            used.append(words[len(used)])
        assert isinstance(command, TyperCommand)
        if len(words) == len(used):
            return True  # a command is named, not shown
        command.make_context(used[-1], words[len(used) :], resilient_parsing=False)
    except (TyperException, KeyError):
        return False
    except Exit:
        return True  # --help
    return True
