"""The web service, in a process that writes down every attempt to open a pickle and forbids it.

    python audited_service.py LOG ARGUMENTS...      (ARGUMENTS of ``gofer``)

The audit hook sees pickle, dill and the pure-Python unpickler alike. The first line of the log
shows that it works.
"""

import pickle
import sys
from contextlib import suppress
from typing import Any


class PickleOpened(BaseException):
    """Not an Exception, so that no handler of the service can swallow it."""


def watch(path: str) -> None:
    """Forbid this process to resolve any name that a pickle mentions."""
    log = open(path, "a", buffering=1, encoding="utf-8")  # noqa: SIM115, PTH123 - kept to the end

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "pickle.find_class":
            log.write(f"{arguments[0]}.{arguments[1]}\n")
            raise PickleOpened

    sys.addaudithook(hook)


if __name__ == "__main__":
    watch(sys.argv[1])
    with suppress(PickleOpened):
        pickle.loads(b"\x80\x02carmed\nhook\n.")

    from gofer.entrypoints.cli import main

    sys.argv[1:] = sys.argv[2:]
    main()
