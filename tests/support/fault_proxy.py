"""A TCP proxy that does what networks do: hold, delay, throttle, cut, half-close, corrupt.

    python fault_proxy.py PORT TARGET_PORT      (both on the loopback)

It runs as a process of its own, so that its connections are not those of the test, and takes
commands over another connection: ``FaultProxy`` gives them. What is *held* is delivered when the
network heals, as TCP does after a partition that no connection has noticed; a *cut* ends all
connections at once and refuses new ones until it heals.
"""

import asyncio
import json
import re
import socket
import sys
from contextlib import suppress
from typing import Any, Literal

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import ProcessRunner, StartedProcess

Direction = Literal["up", "down"]
"""Up is from whoever connected to the target, down is back."""

BOTH: tuple[Direction, Direction] = ("up", "down")
PIECE = 16 * 1024


class FaultProxy:
    """A running proxy, seen from a test; ``port`` is what to connect to."""

    def __init__(self, processes: ProcessRunner, target_port: int) -> None:
        """Start it, on a port that was free a moment ago."""
        self.port = free_port()
        self._process: StartedProcess = processes.start(
            [sys.executable, "-m", "tests.support.fault_proxy", str(self.port), str(target_port)],
            name="fault-proxy",
            env={"PYTHONPATH": _root()},
        )
        self._process.wait_for_log("commands at ")
        found = re.search(r"commands at (\d+)", self._process.log())
        assert found is not None
        self._control = int(found[1])

    def hold(self, *directions: Direction) -> None:
        """Let nothing pass, both ways or one, and lose nothing."""
        self._tell("hold", directions=directions or BOTH)

    def slow(self, delay_s: float = 0.0, bytes_per_s: float = 0.0) -> None:
        """Delay each piece, and let only so many bytes a second pass (0: any number)."""
        self._tell("slow", delay_s=delay_s, bytes_per_s=bytes_per_s)

    def cut(self, *, refuse: bool = False) -> None:
        """Reset all connections; refuse new ones until it heals, if so wished."""
        self._tell("cut", refuse=refuse)

    def half_close(self, direction: Direction) -> None:
        """End one direction of each connection; the other one goes on."""
        self._tell("half_close", direction=direction)

    def corrupt(self) -> None:
        """Change a byte of the next piece in each direction."""
        self._tell("corrupt")

    def heal(self) -> None:
        """Do no more harm, and deliver what was held."""
        self._tell("heal")

    def passed(self) -> int:
        """Return how many bytes have passed since the start, both ways."""
        passed: int = self._tell("passed")
        return passed

    def _tell(self, command: str, **arguments: object) -> Any:
        with socket.create_connection((LOOPBACK, self._control), 20) as control:
            control.sendall(json.dumps([command, arguments]).encode() + b"\n")
            with control.makefile("rb") as answer:
                return json.loads(answer.readline())


def _root() -> str:
    from tests.support.checkout import ROOT  # noqa: PLC0415 - not for the process itself

    return str(ROOT)


# ---------------------------------------------------------------- the process


class _Network:
    """What the proxy does at this moment, and the connections that it does it to."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.open: dict[str, asyncio.Event] = {each: asyncio.Event() for each in BOTH}
        self.delay_s = self.bytes_per_s = 0.0
        self.refusing = False
        self.corrupting: set[str] = set()
        self.writers: dict[asyncio.StreamWriter, str] = {}
        self.bytes = 0
        self.pumps: set[asyncio.Task[None]] = set()
        self.heal()

    def heal(self) -> None:
        for gate in self.open.values():
            gate.set()
        self.delay_s = self.bytes_per_s = 0.0
        self.refusing = False
        self.corrupting.clear()

    def hold(self, directions: list[str]) -> None:
        for direction in directions:
            self.open[direction].clear()

    def slow(self, delay_s: float, bytes_per_s: float) -> None:
        self.delay_s, self.bytes_per_s = delay_s, bytes_per_s

    def cut(self, *, refuse: bool) -> None:
        self.refusing = refuse
        for writer in [*self.writers]:
            writer.transport.abort()

    def half_close(self, direction: str) -> None:
        for writer, its_direction in self.writers.items():
            if direction == its_direction:
                writer.write_eof()

    def corrupt(self) -> None:
        self.corrupting = set(BOTH)

    def passed(self) -> int:
        return self.bytes

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            there, target = await asyncio.open_connection(LOOPBACK, self.target_port)
        except OSError:
            writer.transport.abort()
            return
        pairs = zip((reader, there), (target, writer), BOTH, strict=True)
        for source, sink, direction in pairs:
            self.writers[sink] = direction
            pump = asyncio.create_task(self._pump(source, sink, direction))
            self.pumps.add(pump)
            pump.add_done_callback(self.pumps.discard)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: Direction
    ) -> None:
        with suppress(ConnectionError, RuntimeError):  # the other side has gone, or was ended
            while piece := await source.read(PIECE):
                await asyncio.sleep(self.delay_s)
                if self.bytes_per_s:
                    await asyncio.sleep(len(piece) / self.bytes_per_s)
                await self.open[direction].wait()
                if direction in self.corrupting:
                    self.corrupting.discard(direction)
                    middle = len(piece) // 2
                    piece = piece[:middle] + bytes([piece[middle] ^ 0x55]) + piece[middle + 1 :]
                self.bytes += len(piece)
                sink.write(piece)
                await sink.drain()
            await self.open[direction].wait()
            sink.write_eof()
        if source.exception() is not None or sink.is_closing():
            sink.transport.abort()
        self.writers.pop(sink, None)

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command, arguments = json.loads(await reader.readline())
        answer = getattr(self, command)(**arguments)
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        writer.close()


async def _serve(port: int, target_port: int) -> None:
    network = _Network(target_port)
    await asyncio.start_server(network.accept, LOOPBACK, port)
    control = await asyncio.start_server(network.control, LOOPBACK, 0)
    print("commands at", control.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
