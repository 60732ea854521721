"""Which child gets what waits, and what is taken back from where it would wait in vain."""

from collections.abc import Mapping, Sequence

from gofer.adapters.processes.backlog import Job
from gofer.adapters.processes.feeding import Feeding
from gofer.domain.protocol.messages import FunctionBody
from tests.unit.adapters.processes.test_backlog import a_backlog, a_job


class FakeChild:
    """A child that does its first job until it is told to end it, and pipelines brief ones."""

    allowance = 1_000

    def __init__(self, pipelined: int = 1) -> None:
        self.jobs: list[Job] = []
        self._pipelined = pipelined

    @property
    def idle(self) -> bool:
        return not self.jobs

    @property
    def pipelines(self) -> bool:
        return 0 < len(self.jobs) <= self._pipelined and self.jobs[0].brief

    def send(self, jobs: Sequence[Job], functions: Mapping[str, FunctionBody]) -> bool:
        del functions
        self.jobs.extend(jobs)
        return True

    def withdraw(self) -> list[Job]:
        taken, self.jobs = self.jobs[1:], self.jobs[:1]
        return taken

    def end(self) -> None:
        del self.jobs[0]


def not_told(child: FakeChild, jobs: Sequence[Job], whole: bool) -> None:  # noqa: FBT001 - told
    """Be told of a message."""


def fed(count: int, *jobs: Job) -> tuple[Feeding[FakeChild], list[FakeChild]]:
    """Return so many children, and what feeds them with these jobs; they were fed once."""
    backlog = a_backlog(*jobs)
    backlog.learn("brief", 10.0)
    children = [FakeChild() for _ in range(count)]
    feeding = Feeding(backlog, children, {}, not_told)
    feeding.feed(count)
    return feeding, children


def test_short_jobs_that_come_at_once_are_one_message_for_each_child() -> None:
    backlog, sent = a_backlog(*[a_job("no-op") for _ in range(100)]), list[int]()
    backlog.learn("no-op", 0.001)
    children = [FakeChild(pipelined=99) for _ in range(2)]

    def counted(child: FakeChild, jobs: Sequence[Job], whole: bool) -> None:  # noqa: FBT001 - told
        del child, whole
        sent.append(len(jobs))

    Feeding(backlog, children, {}, counted).feed(2)
    assert sent == [50, 50]


def test_brief_jobs_wait_in_a_child_only_while_all_are_busy() -> None:
    jobs = [a_job("brief") for _ in range(3)]
    _, (first, second) = fed(2, *jobs)
    assert (first.jobs, second.jobs) == ([jobs[0], jobs[2]], [jobs[1]])


def test_the_last_that_waits_behind_another_goes_to_the_child_that_is_done_first() -> None:
    jobs = [a_job("brief") for _ in range(3)]
    feeding, (first, second) = fed(2, *jobs)
    second.end()
    feeding.feed(2)
    assert (first.jobs, second.jobs) == ([jobs[0]], [jobs[2]])


def test_what_comes_later_is_given_to_an_idle_child_before_anything_is_taken_back() -> None:
    jobs = [a_job("brief") for _ in range(5)]
    feeding, (first, second) = fed(2, *jobs)
    second.end()
    feeding.feed(2)
    assert (first.jobs, second.jobs) == ([jobs[0], jobs[2]], [jobs[3], jobs[4]])


def test_the_messages_of_short_jobs_are_left_where_they_are() -> None:
    jobs = [a_job("short") for _ in range(3)]
    feeding, (first, second) = fed(2, *jobs)
    second.jobs.clear()
    before = list(first.jobs)
    feeding.feed(2)
    assert first.jobs == before
    assert second.idle
