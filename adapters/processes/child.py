"""A worker's child process: THE ONLY code of gofer that unpickles.

The process is set up so that no task can reach our connections by accident or outlive us, then
``runner.py`` runs what the supervisor sends. The supervisor must never import what it needs from
here but ``main`` and the settings: it never opens a pickle.

Functions of a client's script. dill pickles a function of ``__main__`` by value, but without its
module's other names: it refers to "the dictionary of ``__main__``", whatever that is where it is
opened. Each function gets a dictionary of its own for that, in which everything that came in the
same pickle is bound to its name. So a recursive function finds itself, and two clients' scripts
never see each other. The process's own ``__main__`` is an empty module, always.
"""

import builtins
import faulthandler
import fcntl
import functools
import io
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import dill  # type: ignore[import-untyped]

from . import launching, orphans, progress, sources, troubles
from .capture import Capture, Turn
from .entry import ChildSettings, Passed
from .gate import Turnstile
from .launching import PassedFd
from .limits import apply
from .marker import Marker
from .runner import Loaded, Runner, Wires

_PROTOCOL = 4
"""The protocol of dill's own default: every supported Python reads it."""

_PRIVATE_FDS = 200
"""Our descriptors are numbered from here: out of the way of code that closes "3 and 4"."""

_SECRETS = "GOFER_"
"""Variables of the environment that begin so are settings of ours, keys among them."""


def main(passed: Passed, settings: ChildSettings) -> None:
    """Be a child: set the process up, then run tasks until the supervisor goes away."""
    orphans.die_with_parent(settings.parent_pid)
    orphans.adopt_orphans()
    os.setsid()
    _reset_signals()
    shared = _private(passed.marker)
    reader, writer = _private(passed.output_reader), passed.output_writer.detach()
    capture = Capture(reader, writer, Turn(shared))
    wires = Wires(
        channel=socket.socket(fileno=_private(passed.channel)),
        results=_private(passed.results),
        turnstile=Turnstile(_private(passed.gate)),
        marker=Marker(shared),
        capture=capture,
    )
    progress.attach(wires.marker.board, wires.marker.read)
    faulthandler.enable(2, all_threads=False)
    launching.become_independent()
    _clean_interpreter(settings.path)
    os.umask(0o077)
    apply(settings.limits)
    with suppress(BrokenPipeError, ConnectionResetError):  # the supervisor is gone: so are we
        Runner(wires, Pickling(), settings.limits.result_bytes).serve()


def _private(passed: PassedFd) -> int:
    """Return the descriptor moved up, closed for programs that the user's code starts."""
    low = passed.detach()
    try:
        high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _PRIVATE_FDS)
    except OSError:
        return low  # the system allows fewer descriptors than that
    os.close(low)
    return high


def _reset_signals() -> None:
    """Give every signal its usual effect; Ctrl-C is the supervisor's business alone."""
    ignored = {signal.SIGINT, signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE)}
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with suppress(OSError, ValueError):  # reserved by the C library
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _clean_interpreter(path: tuple[str, ...]) -> None:
    """Leave nothing of the supervisor's in what the user's code can see."""
    sys.path[:] = path
    sys.argv[:] = [""]
    for name in [name for name in os.environ if name.startswith(_SECRETS)]:
        del os.environ[name]
    main_module = vars(sys.modules["__main__"])
    main_module.clear()
    main_module.update(__name__="__main__", __builtins__=builtins, __doc__=None, __spec__=None)
    sys.modules.pop("__mp_main__", None)


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """A function, and the names that its pickle brought along."""

    call: Callable[..., Any]
    names: dict[str, Any]


class Pickling:
    """Opens what the user sent and pickles what their code made."""

    def function(self, code: bytes, entry: str = "", digest: str = "") -> LoadedFunction:
        """Return the callable in a pickle, or of a source; raise TypeError if it is none."""
        names = _fresh_names()
        if entry:
            return LoadedFunction(sources.build(code.decode(), entry, digest, names), names)
        call = _Opener(code, names).load()
        if not callable(call):
            raise TypeError(f"the function's payload is no callable but {type(call).__name__}")
        name = getattr(call, "__name__", None)
        if getattr(call, "__module__", None) == "__main__" and isinstance(name, str):
            names[name] = call  # as decorated, not as it was before
        return LoadedFunction(call, names)

    def arguments(
        self, payload: bytes | memoryview, function: Loaded
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return ``(args, kwargs)``; plain data never needs dill, and loads much faster so."""
        try:
            both: object = pickle.loads(payload)  # noqa: S301 - this is the place
        except Exception:  # noqa: BLE001 - a pickle of dill's; if it is not, this raises again
            names = dict(function.names) if isinstance(function, LoadedFunction) else {}
            both = _Opener(payload, _fresh_names() | names).load()
        match both:
            case (tuple(), dict()) if isinstance(both, tuple):
                return cast("tuple[tuple[Any, ...], dict[str, Any]]", both)
            case _:
                raise TypeError(
                    "the payload must be the pickle of (args, kwargs), a tuple and a dict, "
                    f"not of {troubles.type_name(type(both))}"
                )

    def dump(self, value: object) -> bytes:
        """Return the pickle of ``value``: opens with dill alone, whatever its types allow."""
        try:
            return pickle.dumps(value, _PROTOCOL)
        except Exception:  # noqa: BLE001 - dill can more; if it cannot, it says why
            dump: Callable[[object, int], bytes] = vars(dill)["dumps"]
            return dump(value, _PROTOCOL)

    def dump_exception(self, error: BaseException, traceback_text: str) -> bytes:
        """Return the pickle of ``error`` if that opens again, else of the nearest built-in."""
        try:
            error.add_note(traceback_text)
            dumped = self.dump(error)
            if isinstance(_Opener(dumped, _fresh_names()).load(), BaseException):
                return dumped
        except BaseException:  # noqa: BLE001, S110 - it cannot travel: the next best can
            pass
        message = f"{troubles.type_name(type(error))}: {troubles.message_of(error)}"
        stand_in = troubles.nearest_builtin(error, message)
        stand_in.add_note(traceback_text)
        return pickle.dumps(stand_in, _PROTOCOL)


def _fresh_names() -> dict[str, Any]:
    return {"__name__": "__main__", "__doc__": None, "__builtins__": builtins}


class _Opener(pickle.Unpickler):
    """dill's unpickler, with a dictionary of one's own in place of that of ``__main__``."""

    def __init__(self, data: bytes | memoryview, names: dict[str, Any]) -> None:
        super().__init__(io.BytesIO(data))
        self._names = names

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Return what a pickle refers to; the special names are dill's."""
        if module_name == "__builtin__" and global_name == "__main__":
            return self._names
        if module_name == "__builtin__" and global_name == "NoneType":
            return type(None)
        if module_name == "__main__" and global_name in self._names:
            return self._names[global_name]
        if module_name in {"dill._dill", "dill.dill"}:
            found = super().find_class("dill._dill", global_name)
            if global_name == "_create_function":
                return functools.partial(self._create_function, found)
            return self._create_type(found) if global_name == "_create_type" else found
        return super().find_class(module_name, global_name)

    def _create_function(self, create: Callable[..., Any], code: Any, *rest: Any) -> Any:
        function = create(code, *rest)
        if function.__globals__ is self._names and code.co_qualname == code.co_name:
            self._names[code.co_name] = function
        return function

    def _create_type(self, create: Callable[..., Any]) -> Callable[..., Any]:
        def bound(*args: Any) -> Any:
            made = create(*args)
            if isinstance(made, type) and made.__module__ == "__main__":
                self._names.setdefault(made.__name__, made)
            return made

        return bound
