"""What tests do with a bundled server: write, read, find its processes, own it elsewhere."""

import sys

import psutil

from tests.support.processes import ProcessRunner, StartedProcess, is_running
from tests.support.redis_admin import redis_admin

OWNER = """
import sys, time
from pathlib import Path
from gofer.adapters.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
server.start()
print("listens on", server.url, flush=True)
time.sleep(600)
"""


def write(url: str, key: str, value: str) -> None:
    with redis_admin(url) as client:
        client.execute_command("SET", key, value)


def read(url: str, key: str) -> object:
    with redis_admin(url) as client:
        return client.execute_command("GET", key)


def family() -> list[psutil.Process]:
    """Return the keeper that this process has started, if there is one, and its server."""
    living = [each for each in psutil.Process().children() if is_running(each.pid)]
    keepers = [each for each in living if any("keeper.py" in word for word in each.cmdline())]
    return [member for keeper in keepers for member in (keeper, *keeper.children())]


def start_owner(processes: ProcessRunner, *args: str) -> tuple[StartedProcess, str]:
    """Start a process that owns a server; return it and the server's address."""
    owner = processes.start([sys.executable, "-c", OWNER, *args], name="owner")
    owner.wait_for_log("listens on ")
    return owner, owner.log().split("listens on ")[1].split()[0]
