"""``FILE:FUNC`` and ``MODULE:FUNC``: from a command line's words to a function and its arguments.

A file is loaded under a name of its own, so that what it does as a script is left undone, and what
it defines is said to be of ``__main__`` afterwards: so dill pickles it by value, as it does for a
script, and workers need not have the file. What a module's function refers to is pickled by its
name, and workers must have it.
"""

import importlib
import importlib.util
import inspect
import json
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final, NoReturn

from .problems import USAGE, Problem

HELD: Final = re.compile(r" -[\d.]")
"""What begins like a negative number, and was kept from being an option by a space (running.py)."""

LOADED_AS: Final = "__gofer_file__"
"""What ``__name__`` is in a file while it is loaded: so its ``__main__`` part does not run."""

SCRIPT: Final = "__main__"


def load_target(target: str) -> Callable[..., Any]:
    """Return the function that ``FILE:FUNC`` or ``MODULE:FUNC`` names; raise Problem."""
    where, separator, name = target.rpartition(":")
    if not separator or not where or not name:
        raise Problem(f"{target!r} is no FILE:FUNC and no MODULE:FUNC, as in jobs.py:resize", USAGE)
    is_file = where.endswith(".py") or "/" in where or Path(where).is_file()
    module = _load_file(Path(where)) if is_file else _load_module(where)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        there = ", ".join(_functions(module)) or "none"
        raise Problem(f"there is no {name} in {where}; functions there: {there}")
    if not callable(found):
        raise Problem(f"{name} in {where} is no function but {type(found).__name__}")
    target_function: Callable[..., Any] = found
    return target_function


def arguments_of(
    words: Sequence[str], pairs: Sequence[str]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments: JSON where a word parses as JSON, else the word; pairs are NAME=VALUE."""
    keywords: dict[str, Any] = {}
    for pair in pairs:
        name, separator, word = pair.partition("=")
        if not separator or not name.isidentifier():
            raise Problem(f"--kw {pair!r} is no NAME=VALUE, as in --kw width=640", USAGE)
        keywords[name] = _value(word)
    return tuple(map(_value, words)), keywords


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return word[1:] if HELD.match(word) else word


class _AsItIs(SourceFileLoader):
    """Compiles a file each time and keeps nothing of it, as python does with a script.

    What is kept is told from the file by its size and its second: an edit may change neither.
    """

    def path_stats(self, path: object) -> NoReturn:
        """Say that nothing is known of the file: then there is nothing to compare."""
        raise OSError(f"{path} is a script")


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise Problem(f"there is no file {path}")
    folder = str(path.parent.absolute())
    if folder not in sys.path:  # as python does for a script: the modules beside it are found
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(LOADED_AS, path.absolute())
    if spec is None or spec.loader is None:
        raise Problem(f"{path} is no Python file: its name must end in .py")
    if isinstance(spec.loader, SourceFileLoader):
        spec.loader = _AsItIs(LOADED_AS, str(path.absolute()))
    module = importlib.util.module_from_spec(spec)
    sys.modules[LOADED_AS] = module  # dataclasses look their module up while they are made
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - it is the user's code, told where it stopped
        raise _unloadable(str(path), error) from None
    finally:
        del sys.modules[LOADED_AS]
    vars(module)["__name__"] = SCRIPT
    for value in list(vars(module).values()):
        _claim(value)
    return module


def _claim(value: object) -> None:
    """Say of a function or a class of the file, and of all in it, that it is a script's."""
    if not isinstance(value, type | FunctionType) or value.__module__ != LOADED_AS:
        return
    value.__module__ = SCRIPT
    if isinstance(value, type):
        for inner in list(vars(value).values()):
            _claim(getattr(inner, "__func__", inner))  # of class and static methods


def _load_module(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise Problem(f"there is no module {name} here, and no file of that name") from None
        raise _unloadable(name, error) from None
    except Exception as error:  # noqa: BLE001 - it is the user's code, told where it stopped
        raise _unloadable(name, error) from None


def _unloadable(what: str, error: Exception) -> Problem:
    """Return why a file does not load, with the line where it stopped."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename]
    at = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return Problem(f"{what} cannot be loaded: {type(error).__name__}: {error}{at}")


def _functions(module: ModuleType) -> list[str]:
    """Return the functions that are defined in a module."""
    return [
        name
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == module.__name__
    ]
