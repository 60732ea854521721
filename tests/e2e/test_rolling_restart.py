"""Every part is replaced while tasks flow: no request fails, no task is lost, repeated or charged.

The same clients and the same checker as in the chaos runs, but no fault to excuse anything.
"""

import time
from pathlib import Path

import pytest

from gofer.domain.policy import Timers
from tests.support.chaos import workload
from tests.support.chaos.checker import check
from tests.support.chaos.producers import Producer
from tests.support.chaos.run import collected
from tests.support.processes import StartedProcess
from tests.support.system import MODES, System
from tests.support.waiting import wait_until

LEASE_AND_MORE_S = 45.0
"""How long the last task may take to end: one whose Orders were on their way to a worker when its
dispatcher left, and did not arrive, is nobody's until its lease of 30 s is over."""


class Load:
    """Two clients that submit and ask all the time."""

    def __init__(self, system: System, log: Path, mode: str) -> None:
        log.touch()
        function = system.caller().register(workload.chore())
        self.producers = [
            Producer(
                f"{mode}{number}",
                system.url,
                function,
                str(log),
                number,
                weights=workload.NOTHING_LASTING,  # so that nobody waits long for a drain
            )
            for number in range(2)
        ]
        for producer in self.producers:
            producer.start()

    def flows(self, tasks: int = 10) -> None:
        """Wait until so many more tasks of each client have ended."""
        before = [len(producer.ended) for producer in self.producers]
        wait_until(
            lambda: all(
                len(producer.ended) >= count + tasks
                for producer, count in zip(self.producers, before, strict=True)
            ),
            f"{tasks} more tasks of each client end",
            20,
        )

    def move_to(self, url: str) -> None:
        """Have the clients use another web service."""
        for producer in self.producers:
            producer.move_to(url)

    def finish(self) -> None:
        """Submit no more, and return when all has ended, or cannot end any more."""
        for producer in self.producers:
            producer.finish(LEASE_AND_MORE_S)
        for producer in self.producers:
            producer.join()


def _replace_api(system: System, load: Load, api: StartedProcess) -> None:
    """The new one is there before the old one leaves, as behind any balancer."""
    system.start_api()
    load.move_to(system.url)
    assert api.stop() == 0


def _replace_local(system: System) -> None:
    """The new one is there before the old one leaves."""
    old = system.part("dispatcher")
    system.start_dispatcher("local").wait_for_log(" joined: ")
    assert old.stop() == 0


def _replace_dispatcher(system: System, mode: str, workers: int) -> None:
    """Its port is one: the new one comes when the old one has left."""
    assert system.part("dispatcher").stop() == 0
    successor = system.start_dispatcher(mode)
    wait_until(lambda: successor.log().count(" joined: ") >= workers, "all workers are back")


def _replace_worker(system: System, mode: str, worker: StartedProcess) -> None:
    """The new one is there before the old one leaves."""
    system.start_worker(mode).wait_for_log("connected as")
    assert worker.stop() == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", MODES)
def test_a_rolling_restart_under_load_loses_repeats_and_charges_nothing(
    system: System, tmp_path: Path, mode: str
) -> None:
    log = tmp_path / "runs"
    api = system.start_api()
    system.start_dispatcher(mode)
    workers = [system.start_worker(mode) for _ in range(2)] if mode != "local" else []
    load = Load(system, log, mode)
    began = time.monotonic()
    load.flows()
    _replace_api(system, load, api)
    load.flows()
    if mode == "local":
        _replace_local(system)
    else:
        _replace_dispatcher(system, mode, len(workers))
    load.flows()
    for worker in workers:
        _replace_worker(system, mode, worker)
        load.flows()
    load.finish()
    history = collected(mode, system.store_url, load.producers, log, began)
    assert check(history, Timers()) == []
    assert [producer.refusals for producer in load.producers] == [0, 0]
    assert len(history.acknowledged()) == len(history.submissions) == len(history.runs)
    assert {(a.retries, a.strikes, a.losses) for a in history.accounts.values()} == {(0, 0, 0)}
