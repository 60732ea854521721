"""What gofer takes while nothing happens, and how long it takes to be there."""

import time
from collections.abc import Iterator

from benchmarks.drivers import Driver, Problem
from benchmarks.measure import Subject
from benchmarks.plan import Sizes
from benchmarks.processes import memory_bytes
from benchmarks.results import Sample
from benchmarks.store import OwnStore

MIB = 1024 * 1024
CHILDREN = 2


def idle(sizes: Sizes) -> Iterator[Sample]:
    """CPU, wake-ups and memory of everything that ``gofer up`` starts, store included."""
    for mode in sizes.idle_modes:
        name = f"gofer-{mode}"
        with Driver("gofer", None, sizes.answer_s) as driver:
            subject = Subject(name, 1, driver, None)
            try:
                driver.ask("mode", name=mode)
                _start(driver)
                time.sleep(sizes.settle_s)
                for subject.round in range(1, sizes.idle_rounds + 1):
                    yield _idle(subject, sizes)
            except Problem as problem:
                yield subject.problem("idle", problem)


def cold_start(sizes: Sizes, server: OwnStore) -> Iterator[Sample]:
    """``gofer up`` to its first result, and a worker to its first."""
    for number in range(1, sizes.cold_starts + 1):
        with Driver("gofer", None, sizes.answer_s) as driver:
            subject = Subject("gofer-local", number, driver, None)
            try:
                answer = _start(driver)
                yield subject.sample("cold start: up", {"first_result_s": answer["first_result_s"]})
            except Problem as problem:
                yield subject.problem("cold start: up", problem)
        server.clear()
        with Driver("gofer", None, sizes.answer_s) as driver:
            subject = Subject("gofer-push", number, driver, server.pid)
            try:
                folder = str(driver.folder)
                answer = driver.ask("worker_start", store=server.url, folder=folder)
                figures = {"first_result_s": answer["first_result_s"]}
                yield subject.sample("cold start: worker", figures)
            except Problem as problem:
                yield subject.problem("cold start: worker", problem)


def _start(driver: Driver) -> dict[str, float]:
    folder = str(driver.folder)
    answer: dict[str, float] = driver.ask(
        "start", store=f"embedded://{folder}/data", children=CHILDREN, folder=folder
    )
    return answer


def _idle(subject: Subject, sizes: Sizes) -> Sample:
    """Return what all processes but the client take, over ``idle_s``.

    Wake-ups are those of the thread that has most of them; the store's own timer is its own.
    """
    before = subject.usage()
    time.sleep(sizes.idle_s)
    after = subject.usage()
    elapsed = after.at - before.at
    cpu_s = {name: value for name, value in after.cpu_since(before).items() if name != "client"}
    wakes = {name: value for name, value in after.wakes_since(before).items() if name != "client"}
    memory = memory_bytes(subject.processes(), subject.driver.pid)
    memory.pop("client", None)
    figures = {
        "core_percent": 100 * sum(cpu_s.values()) / elapsed,
        "wakes_per_s": max(value for name, value in wakes.items() if name != "store"),
        "memory_mib": sum(memory.values()) / MIB,
        **{f"{name}_core_percent": 100 * value / elapsed for name, value in cpu_s.items()},
        **{f"{name}_wakes_per_s": value for name, value in wakes.items()},
        **{f"{name}_memory_mib": value / MIB for name, value in memory.items()},
    }
    return subject.sample("idle", figures, None, after.others_busy(before))
