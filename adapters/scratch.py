"""Private folders for sockets and logs, and the removal of those whose owner was killed.

A process that is killed without a word cannot remove its folder, and neither can helpers that are
killed with it (an out-of-memory kill of a whole group, a power loss). So each folder is locked by
its owner for as long as that lives, and whoever makes the next one removes what nobody locks. The
lock is the kernel's: it ends with the process, holds across containers that share a directory,
and keeps systemd-tmpfiles away. Nothing is ever removed that does not carry our mark.

This is no adapter of a technology but a tool of two of them, and knows neither.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "gofer-"

_MARK = ".scratch"
"""An empty file that tells our folders from others of such a name; made under the lock."""


class ScratchFolder:
    """One private folder (mode 0700) of this process; it keeps one descriptor open."""

    def __init__(self, parent: Path) -> None:
        """Make it in ``parent``, and remove there what dead owners have left.

        Raises OSError where no folder can be made.
        """
        sweep(parent)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._owner = os.getpid()
        self._lock: int | None = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        # a file system without locks: then nobody will ever take it for a dead owner's
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (self.path / _MARK).touch(mode=0o600)

    def remove(self) -> None:
        """Remove it and all that is in it; may be repeated, and does nothing in a fork."""
        lock, self._lock = self._lock, None
        if lock is None or self._owner != os.getpid():
            return
        shutil.rmtree(self.path, ignore_errors=True)  # helpers may have done it already
        os.close(lock)


def sweep(parent: Path) -> int:
    """Remove our folders in ``parent`` whose owner is gone; return how many. Never raises."""
    swept = 0
    with suppress(OSError):
        for entry in os.scandir(parent):
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                swept += _swept(Path(entry.path))
    return swept


def _swept(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another user's, or gone meanwhile
        return False
    try:
        if os.fstat(lock).st_uid != os.getuid() or not (folder / _MARK).is_file():
            return False
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # its owner lives
        return False
    finally:
        os.close(lock)
    return True
