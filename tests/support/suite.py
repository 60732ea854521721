"""Makes the benchmark suite importable as ``benchmarks``, without its parent folder.

On sys.path the checkout would bring the bare ``domain``, ``adapters`` and ``entrypoints`` with it.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location

from tests.support.checkout import ROOT


def _load() -> None:
    folder = ROOT / "benchmarks"
    spec = spec_from_file_location(
        "benchmarks", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["benchmarks"] = module
    spec.loader.exec_module(module)


_load()
