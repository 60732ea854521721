"""What no file of the repository may hold (paths of a machine, registries), and the links."""

import re

from tests.support.checkout import LAYERS, ROOT, all_files, place

MACHINE_PATHS = re.compile(r"/(work|root|home|Users)/\w")
REGISTRIES = re.compile(r"pypi\.(org|python)|python[h]osted|npm[j]s|yarn[p]kg")
BINARY = {".png", ".jpg", ".gif", ".ico", ".gz", ".whl"}


def test_no_file_names_a_path_of_a_machine() -> None:
    assert lines_that_match(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_that_match(REGISTRIES) == []


def test_the_links_of_the_package_are_relative_and_lead_to_the_folders() -> None:
    links = {name: (ROOT / "src" / "gofer" / name) for name in LAYERS}
    assert {name: str(link.readlink()) for name, link in links.items() if link.is_symlink()} == {
        name: f"../../{name}" for name in LAYERS
    }


def lines_that_match(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{place(path, number)}: {line.strip()[:80]}"
        for path in all_files()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
