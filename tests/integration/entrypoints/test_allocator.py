"""Memory that is freed stays with the process, where its C library can be told so."""

import platform
import subprocess
import sys

SCRIPT = """
import resource, sys
from gofer.entrypoints.allocator import keep_freed_memory
told = sys.argv[1] == "kept" and keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    [bytes(range(256)) * 4096 for _ in range(4)]
before = faults()
for _ in range(50):
    [bytes(range(256)) * 4096 for _ in range(4)]
print(faults() - before, int(told))
"""


def page_faults(how: str) -> tuple[int, bool]:
    """Return how many there were, and whether the C library could be told."""
    command = [sys.executable, "-c", SCRIPT, how]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    faults, told = map(int, answer.split())
    return faults, bool(told)


def test_large_blocks_that_were_freed_are_used_again_without_page_faults() -> None:
    kept, told = page_faults("kept")
    given_back, _ = page_faults("given back")
    assert told == (platform.libc_ver()[0] == "glibc")
    assert kept < given_back / 10 or not told


CYCLES = """
import gc, sys
from gofer.entrypoints.allocator import YOUNG_OBJECTS, seek_cycles_less_often
seek_cycles_less_often()
looks = []
gc.callbacks.append(lambda phase, _: looks.append(phase))
on_their_way = [[] for _ in range(YOUNG_OBJECTS // 2)]
early = len(looks)
for _ in range(2 * YOUNG_OBJECTS):
    cycle = []
    cycle.append(cycle)
print(early, len(looks) - early, gc.get_count()[0] <= YOUNG_OBJECTS)
"""


def test_cycles_are_looked_for_after_thousands_of_objects_and_still_found() -> None:
    command = [sys.executable, "-c", CYCLES]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    early, later, found = answer.split()
    assert (int(early), found) == (0, "True")
    assert int(later) > 0
