"""Where a run is kept: among the results of this checkout only if nothing was left out of it.

The README shows the charts beside the last run that is kept, so half a run must not replace them.
"""

from itertools import count
from pathlib import Path

from benchmarks.plan import FULL, SCENARIOS
from benchmarks.results import Report
from benchmarks.systems import PEERS


def whole(report: Report) -> bool:
    """Tell whether everything was measured, with every peer asked for, as often as it should."""
    options = report.options
    return (
        not options["quick"]
        and options["rounds"] >= FULL.rounds
        and set(options["only"]) == set(SCENARIOS)
        and set(options["peers"]) == {peer.name for peer in PEERS}
        and not {"interrupted", "broken_off"} & options.keys()
    )


def name_for(report: Report) -> str:
    """Return the file's name: date and commit."""
    return f"{report.machine['taken_at'][:10]}-{report.machine['commit'] or 'unknown'}.json"


def unused(path: Path) -> Path:
    """Return the path, or one beside it with a number, where no file is: no run is overwritten."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return path if not path.exists() else next(each for each in numbered if not each.exists())


def writable(path: Path) -> bool:
    """Tell whether a file can be written there, making its folder; asked before a long run."""
    existed = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError:
        return False
    if not existed:
        path.unlink()
    return True
