"""The processes of a chaos run, and the process manager that starts what has died again.

API, one or two dispatchers, two workers (in local mode they are the dispatchers' own), and a
Redis of the run's own with its append-only file on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.redis_server import RedisServer

SLOTS = 2

PATIENCE_S = 60.0
"""For all parts to start or to leave, each a second of CPU, on a machine that others use too."""


@dataclass(slots=True)
class Part:
    """One process with its command line; another one takes its place when it is started again."""

    kind: str
    module: str
    arguments: Sequence[str]
    says: str
    """What its log says once it does its work."""
    port: str = ""
    """Of a dispatcher; of a worker, its dispatcher's."""
    process: StartedProcess = field(init=False)

    def family(self) -> list[psutil.Process]:
        """Return the processes below it, as they are now."""
        return self.process.descendants()

    def is_back(self) -> bool:
        """Return whether the process that runs now does its work."""
        return self.says in self.process.log()


class Fleet:
    """All parts of one system in one mode."""

    def __init__(
        self,
        runner: ProcessRunner,
        redis: RedisServer,
        mode: str,
        dispatchers: int,
        environment: Mapping[str, str],
    ) -> None:
        self.redis = redis
        self.mode = mode
        self._runner = runner
        self._environment = {"GOFER_STORE": redis.url, **environment}
        self._api_port = free_port()
        api = ("api", "--port", str(self._api_port))
        self.parts = [Part("api", "cli", api, "listens on "), *self._workforce(dispatchers)]

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._api_port}"

    def _workforce(self, dispatchers: int) -> list[Part]:
        if self.mode == "local":
            both = ("-m", "local", "-w", str(SLOTS))
            return [Part("dispatcher", "dispatcher", both, " joined: ") for _ in range(2)]
        ports = [str(free_port()) for _ in range(dispatchers)]
        parts = [
            Part("dispatcher", "dispatcher", ("-m", self.mode, "-p", port), " joined: ", port)
            for port in ports
        ]
        for number in range(2):
            port = ports[number % dispatchers]
            arguments = (str(SLOTS), f"tcp://{LOOPBACK}:{port}")
            parts.append(Part("worker", f"workers.{self.mode}", arguments, "connected as", port))
        return parts

    def start_all(self) -> None:
        """Start everything; return when all do their work."""
        for part in self.parts:
            self.start(part)
        for part in self.parts:
            part.process.wait_for_log(part.says, PATIENCE_S)

    def start(self, part: Part) -> None:
        """Start a part, or another process in its place."""
        part.process = self._runner.start_module(
            f"gofer.entrypoints.{part.module}", *part.arguments, env=self._environment
        )

    def of(self, kind: str) -> list[Part]:
        """Return the parts of a kind; ``worker`` means whoever runs tasks."""
        wanted = "dispatcher" if kind == "worker" and self.mode == "local" else kind
        return [part for part in self.parts if part.kind == wanted]

    def served_by(self, part: Part) -> frozenset[int]:
        """Return the processes of a dispatcher's workers, as they are now; of others none."""
        if part.kind != "dispatcher" or not part.port:
            return frozenset()
        workers = [each for each in self.of("worker") if each.port == part.port]
        return frozenset(child.pid for worker in workers for child in worker.family())

    def dead(self) -> list[Part]:
        """Return the parts whose process has ended."""
        return [part for part in self.parts if part.process.exit_code is not None]

    def leave(self) -> list[str]:
        """Tell all to leave (SIGTERM); return those that did not do so in order, in words."""
        for part in self.parts:
            part.process.ask_to_end()
        codes = [(part, part.process.wait(PATIENCE_S)) for part in self.parts]
        return [f"{part.module} left with exit code {code}" for part, code in codes if code != 0]
