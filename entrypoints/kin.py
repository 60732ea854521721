"""How a part and the process that started it keep in touch: readiness up, life down.

``gofer up`` and ``gofer demo`` start their parts in sessions of their own, so that a Ctrl-C in
the terminal reaches only the one that knows in which order to stop. Two pipes replace what the
terminal did: over one a part announces its address once it can be used; the other ends when the
parent does, however it died, and tells the part to leave. A part that somebody starts by hand
has neither, and nothing here does anything.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

READY_VARIABLE = "GOFER_READY_FD"
LIFELINE_VARIABLE = "GOFER_LIFELINE_FD"

log = logging.getLogger("gofer")

# ---------------------------------------------------------------- in the part


_listeners: list[Callable[[str], None]] = []


def when_ready(tell: Callable[[str], None]) -> None:
    """Call ``tell`` with the address once this process can be used."""
    _listeners.append(tell)


def announce(address: str) -> None:
    """Tell whoever started this process that it can be used, and where."""
    while _listeners:
        _listeners.pop()(address)
    descriptor = os.environ.pop(READY_VARIABLE, None)
    if descriptor is not None:
        with os.fdopen(int(descriptor), "w") as pipe:
            pipe.write(address + "\n")


class Leaving:
    """Tells a part to leave: once, on SIGTERM, SIGINT or its parent's end.

    Must be made in the event loop that runs the part. A second signal kills at once; children
    then die too: they watch this process themselves.
    """

    def __init__(self, leave: Callable[[], object]) -> None:
        """Call ``leave`` when told to."""
        self.asked = False
        self._leave = leave
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        lifeline = os.environ.pop(LIFELINE_VARIABLE, None)
        if lifeline is not None:
            descriptor = int(lifeline)
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - takes no keywords
            loop.add_reader(descriptor, self._on_parent_s_end, descriptor)

    def instead(self, leave: Callable[[], object]) -> None:
        """Call ``leave`` instead from now on: at once, if the part was told already."""
        self._leave = leave
        if self.asked:
            leave()

    def _on_signal(self, number: int) -> None:
        if self.asked:
            os._exit(128 + number)
        self._ask()

    def _on_parent_s_end(self, descriptor: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        if not self.asked:
            self._ask()

    def _ask(self) -> None:
        log.info("leaving")
        self.asked = True
        self._leave()


# ---------------------------------------------------------------- in the parent


class Part:
    """A process of ours that this process started. Its stderr is this process's own."""

    def __init__(self, name: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
        """Take the ``arguments`` of ``gofer`` and variables that are added to the environment.

        Those may be changed until the process is started again.
        """
        self.name = name
        self.environment = environment
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self._lifeline: int | None = None
        self._ready: asyncio.StreamReader | None = None
        self._transport: asyncio.ReadTransport | None = None

    @property
    def running(self) -> bool:
        """Return whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process; do not wait until it is ready."""
        ready_out, ready_in = os.pipe()
        life_out, self._lifeline = os.pipe()
        try:
            await self._listen(ready_out)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # our working directory is none of the part's business
                "-m",
                "gofer.entrypoints.cli",
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(ready_in, life_out),
                env={
                    **os.environ,
                    **self.environment,
                    READY_VARIABLE: str(ready_in),
                    LIFELINE_VARIABLE: str(life_out),
                },
            )
        finally:
            os.close(ready_in)
            os.close(life_out)

    async def ready(self) -> str:
        """Wait until the part announces its address; raise PartFailed if it ends before."""
        if self._ready is None:
            raise PartFailed(self.name, "was not started")
        line = await self._ready.readline()
        if not line:
            raise PartFailed(self.name, f"ended with exit code {await self.wait()}")
        return line.decode().strip()

    async def wait(self) -> int:
        """Wait until the process ends; return its exit code."""
        if self._process is None:
            raise PartFailed(self.name, "was not started")
        return await self._process.wait()

    async def stop(self, grace_s: float) -> None:
        """Ask it to leave, and after ``grace_s`` kill it. May be repeated."""
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), grace_s)
            except TimeoutError:
                log.warning("%s did not leave within %g s: killing it", self.name, grace_s)
                self.kill()
                await process.wait()
        self._release()

    def kill(self) -> None:
        """Kill it now."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _listen(self, descriptor: int) -> None:
        self._ready = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(self._ready)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: protocol, os.fdopen(descriptor, "rb")
        )

    def _release(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


class PartFailed(Exception):
    """A part ended before it was ready; its own words stand above, on stderr."""

    def __init__(self, name: str, problem: str) -> None:
        """Record which part, and what became of it."""
        super().__init__(f"{name} {problem}")


def state_directory() -> Path:
    """Return where ``gofer up`` keeps its data unless told otherwise: by the XDG rules."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "gofer"
