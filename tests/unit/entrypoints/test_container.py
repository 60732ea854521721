"""What the container hands on: settings reach what they are for."""

from gofer.adapters.processes.limits import ProcessLimits
from gofer.adapters.processes.supervisor import Supervisor
from gofer.entrypoints.container import Container
from gofer.entrypoints.settings import Settings


def test_the_limits_of_children_reach_the_supervisor() -> None:
    settings = Settings(
        child_memory_limit_bytes=2**30,
        child_tasks_limit=7,
        child_recycle_bytes=3 * 2**20,
        child_files_limit=99,
        child_processes_limit=55,
        result_limit_bytes=1234,
    )
    executor = Container(settings=settings).executor()
    assert isinstance(executor, Supervisor)
    assert executor.limits == ProcessLimits(
        memory_bytes=2**30,
        open_files=99,
        processes=55,
        result_bytes=1234,
        recycle_after=7,
        recycle_rss_kb=3 * 1024,
    )
