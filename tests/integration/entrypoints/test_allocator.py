"""Memory that is freed stays with the process."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from gofer.entrypoints.allocator import keep_freed_memory
keep_freed_memory() if sys.argv[1] == "kept" else None
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    [bytes(range(256)) * 4096 for _ in range(4)]
before = faults()
for _ in range(50):
    [bytes(range(256)) * 4096 for _ in range(4)]
print(faults() - before)
"""


def page_faults(how: str) -> int:
    command = [sys.executable, "-c", SCRIPT, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_large_blocks_that_were_freed_are_used_again_without_page_faults() -> None:
    assert page_faults("kept") < page_faults("given back") / 10
