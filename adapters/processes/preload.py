"""What the forkserver imports before it forks, so that each child starts in milliseconds.

Imported by the forkserver alone. It must never start a thread or open a file.
"""

import gc
import signal
import warnings

from . import child, heap, launching, orphans

__all__ = ["child"]

# A service manager that stops us signals every process at once. The forkserver must outlive the
# supervisor's drain: its death kills the children. It ends when the supervisor closes its pipe.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)

# What dead children have left comes to us, to be killed; multiprocessing wonders who that is.
orphans.adopt_orphans()
warnings.filterwarnings("ignore", message="forkserver: waitpid returned unexpected pid")

launching.leave_nothing_at_exit()
heap.keep_freed_memory()

# What is loaded here is shared by all children; a collection that looked at it would copy it.
gc.collect()
gc.freeze()
