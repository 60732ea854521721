"""Functions that do to their process whatever code can do: material for tests of supervision.

Each brings its imports along, because it travels by value, as a client's script would send it.
"""

# ruff: noqa: PLC0415 - see above

from typing import NoReturn


def close_results() -> str:
    """Close each pipe that looks like ours, the channel not."""
    import os
    import stat

    for fd in range(3, 400):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                os.close(fd)
        except OSError:
            continue
    return "done"


def close_channel() -> str:
    import os
    import stat

    for fd in range(3, 400):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.close(fd)
        except OSError:
            continue
    return "done"


def close_all_and_return() -> str:
    import os

    os.closerange(3, 4096)
    return "done"


def close_all_and_stay() -> None:
    import os
    import time

    os.closerange(0, 4096)
    time.sleep(3600)


def nest_in_the_pipe() -> None:
    """Write a message to the supervisor that no decoder can open."""
    import os
    import stat
    import time

    body = b"\x98\x01" + b"\x91" * 200_000
    for fd in range(3, 400):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode) and fd not in (1, 2):
                os.write(fd, len(body).to_bytes(4, "little") + body)
        except OSError:
            continue
    time.sleep(3600)


def segfault() -> None:
    import ctypes

    ctypes.string_at(0)


def overflow_the_stack() -> None:
    import sys

    sys.setrecursionlimit(10**9)

    class Deep:
        def __repr__(self) -> str:
            return f"{self!r}"

    repr(Deep())


def abort() -> None:
    import os

    os.abort()


def quit_at_once() -> None:
    import os

    print("last words")  # noqa: T201
    os._exit(3)


def quit_as_if_all_were_well() -> None:
    import os

    os._exit(0)


def leave() -> NoReturn:
    import sys

    sys.exit(7)


def leave_with_a_huge_code() -> NoReturn:
    import sys

    sys.exit(2**100 + 5)


def leave_with_a_hostile_code() -> NoReturn:
    import sys

    class Code:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    sys.exit(Code())  # type: ignore[arg-type]


def kill_itself() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def end_by_sigterm() -> None:
    import os
    import signal
    import time

    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(3600)


def hoard() -> int:
    """Ask for more than any limit of the tests allows."""
    return len(bytearray(8 * 1024**3))


def hoard_bit_by_bit() -> None:
    held: list[bytes] = []
    while True:
        held.append(bytes(32 * 1024**2))


# ---------------------------------------------------------------- what does not end


def loop() -> None:
    while True:
        pass


def loop_in_c() -> None:
    sum(range(10**12))


def search_in_c() -> bool:
    return "b" * 10**7 + "c" in "a" * 10**9


def match_for_ever() -> None:
    import re

    re.match(r"(a+)+$", "a" * 64 + "b")


def multiply_in_c() -> int:
    power: int = 7**10**9
    return power


def ignore_everything() -> None:
    import signal
    import time

    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        time.sleep(1)


def stop_itself() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGSTOP)


def wait_for_a_lock() -> None:
    import threading

    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def fork_many(folder: str) -> None:
    """Have 21 processes, each the last one's child, some in sessions of their own; then wait."""
    import os
    import time
    from pathlib import Path

    for number in range(21):
        if os.fork():
            break
        if number % 7 == 0:
            os.setsid()
        Path(folder, str(os.getpid())).touch()
    time.sleep(3600)


def swallow_everything() -> None:
    import time

    while True:
        try:
            time.sleep(1)
        except BaseException:  # noqa: BLE001, S112 - this is what it is about
            continue
