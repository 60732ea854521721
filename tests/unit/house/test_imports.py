"""Who imports what: rules that import-linter cannot say, and a second net under those it can."""

import ast
import sys
from pathlib import Path

from tests.support.checkout import LAYERS, ROOT, absolute_imports, modules, place, tree_of

CLIENTS = ("entrypoints/demo/client.py", "entrypoints/sdk/", "tests/")
MAY_OPEN_PICKLES = ("adapters/processes/child.py", *CLIENTS)
OPENERS = {"load", "loads", "Unpickler", "_Unpickler"}
PROCESS_MODULES = {"context", "mp", "multiprocessing"}
PICKLERS = {"dill", "pickle", "_pickle", "cloudpickle", "marshal", "shelve"}


def test_the_domain_imports_nothing_but_the_standard_library() -> None:
    foreign = [
        f"{place(module, line)} {name}"
        for module in modules("domain")
        for line, name in absolute_imports(module)
        if name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert foreign == []


def test_inside_the_package_imports_of_the_package_are_relative() -> None:
    absolute = [
        f"{place(module, line)} {name}"
        for module in modules(*LAYERS)
        for line, name in absolute_imports(module)
        if name.partition(".")[0] in {"gofer", "tests", "src"}
    ]
    assert absolute == []


def test_nothing_imports_the_bare_folders() -> None:
    bare = [
        f"{place(module, line)} {name}"
        for module in modules(*LAYERS, "src", "tests", "benchmarks")
        for line, name in absolute_imports(module)
        if name.partition(".")[0] in LAYERS
    ]
    assert bare == []


def test_the_bare_folders_are_not_importable_in_the_tests() -> None:
    assert ROOT not in {Path(entry).resolve() for entry in sys.path}


def test_only_the_child_and_the_client_open_pickles() -> None:
    openers = [
        place(module, node.lineno)
        for module in modules(*LAYERS)
        if not place(module).startswith(MAY_OPEN_PICKLES)
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute | ast.ImportFrom) and _opens_a_pickle(node)
    ]
    assert openers == []


def test_nothing_receives_objects_from_another_process() -> None:
    """Connections' ``recv()`` and multiprocessing's queues and managers unpickle unseen."""
    unseen = [
        place(module, node.lineno)
        for module in modules("adapters/processes", "entrypoints")
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call) and _receives_objects(node)
    ]
    assert unseen == []


def test_tests_have_no_init_files_because_pytest_would_misname_their_modules() -> None:
    assert [place(module) for module in modules("tests") if module.name == "__init__.py"] == []


def test_every_folder_of_the_package_is_a_regular_package() -> None:
    folders = {module.parent for module in modules(*LAYERS)}
    assert [place(each) for each in folders if not (each / "__init__.py").is_file()] == []


def _opens_a_pickle(node: ast.Attribute | ast.ImportFrom) -> bool:
    """Tell whether this is ``pickle.loads`` or ``from pickle import loads``, for any pickler."""
    if isinstance(node, ast.Attribute):
        return (
            node.attr in OPENERS and isinstance(node.value, ast.Name) and node.value.id in PICKLERS
        )
    return node.module in PICKLERS and any(alias.name in OPENERS for alias in node.names)


def _receives_objects(call: ast.Call) -> bool:
    """Tell whether this is ``x.recv()``, without the size that a socket wants, or a manager."""
    if not isinstance(call.func, ast.Attribute):
        return False
    context = call.func.value
    of_multiprocessing = isinstance(context, ast.Name) and context.id in PROCESS_MODULES
    return (call.func.attr == "recv" and not call.args) or (
        of_multiprocessing and call.func.attr in {"Manager", "Pool", "Queue", "SimpleQueue"}
    )
