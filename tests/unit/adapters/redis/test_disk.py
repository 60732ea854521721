"""Whether a server's directory is in memory, told from what Linux says about its process."""

from pathlib import Path

import pytest

from gofer.adapters.redis.disk import kept_in_memory

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /memory rw,nosuid shared:4 - tmpfs tmpfs rw
31 22 0:26 / /data rw - ext4 /dev/vdb rw
32 31 0:27 / /data/in\\040memory rw - tmpfs tmpfs rw,size=1024k
"""


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "mountinfo").write_text(MOUNTS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("directory", "in_memory"),
    [
        ("/", False),
        ("/var/lib/redis", False),
        ("/memory", True),
        ("/memory/redis", True),
        ("/memoryless", False),
        ("/data", False),
        ("/data/in memory/redis", True),
    ],
)
def test_the_innermost_mount_counts(proc: Path, directory: str, *, in_memory: bool) -> None:
    (proc / "7" / "cwd").symlink_to(directory)
    assert kept_in_memory(directory, "7", proc) is in_memory


def test_a_process_that_works_elsewhere_is_not_the_server(proc: Path) -> None:
    (proc / "7" / "cwd").symlink_to("/memory")
    assert not kept_in_memory("/memory/redis", "7", proc)


def test_nothing_is_said_of_a_process_that_is_not_here(proc: Path) -> None:
    assert not kept_in_memory("/memory", "8", proc)
    assert not kept_in_memory("/memory", "", proc)
    assert not kept_in_memory("/memory", "../7", proc)
