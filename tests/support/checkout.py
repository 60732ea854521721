"""The checkout as data: folders, files, syntax trees; for the tests of the house rules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("domain", "adapters", "entrypoints")
FOLDERS = (*LAYERS, "src", "tests", "requirements", "docs", "benchmarks", "examples", ".ci")


def modules(*folders: str) -> list[Path]:
    """Return the Python files below these folders of the checkout; links are not followed."""
    return sorted(path for path in files(*folders) if path.suffix == ".py")


def files(*folders: str) -> Iterator[Path]:
    """Yield every file below these folders, without caches; links are not followed."""
    for folder in folders:
        yield from _below(ROOT / folder)


@cache  # a dozen rules look at the same files
def _below(folder: Path) -> tuple[Path, ...]:
    inside = [path for path in folder.rglob("*") if "__pycache__" not in path.parts]
    links = {path for path in (folder, *inside) if path.is_symlink()}
    return tuple(
        path for path in inside if path.is_file() and links.isdisjoint((path, *path.parents))
    )


def all_files() -> Iterator[Path]:
    """Yield the files of the project: those at the top and those in its folders."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.name != ".coverage")
    yield from files(*FOLDERS)


@cache
def tree_of(module: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def place(path: Path, line: int | None = None) -> str:
    """Return ``folder/file.py:line`` for a message that an editor can follow."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


def absolute_imports(module: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every absolute import, wherever in the module it stands."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.lineno, node.module
