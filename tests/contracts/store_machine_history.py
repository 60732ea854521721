"""The store machine with all that stands beside the queue: lists, attempts, retries, pauses."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from gofer.domain.attempts import AttemptRecord
from gofer.domain.identifiers import TaskId
from gofer.domain.ports import Store, TaskPage, TaskQuery
from gofer.domain.task import TaskStatus
from tests.contracts.store_backend import FOREIGN, WORKER
from tests.contracts.store_choices import picks
from tests.contracts.store_machine_signals import SignalsMachine

QUERIES = [
    TaskQuery(),
    TaskQuery(frozenset({TaskStatus.QUEUED, TaskStatus.FAILED})),
    TaskQuery(function_id=FOREIGN.id),
    TaskQuery(tag="b c,d; -"),
    TaskQuery(worker=WORKER),
]
ATTEMPTS_SHOWN = 8


class WholeStoreMachine(SignalsMachine):
    """Both stores, with every port that they have."""

    @rule(positions=picks)
    def retry(self, positions: list[int]) -> None:
        task_ids = self.chosen_ids(positions)
        self.both(lambda store: store.history.retry(task_ids))

    @rule(priority=st.integers(0, 2), paused=st.booleans())
    def pause(self, priority: int, *, paused: bool) -> None:
        self.both(
            lambda store: store.queues.pause(priority) if paused else store.queues.resume(priority)
        )

    @rule(priority=st.integers(0, 2))
    def purge(self, priority: int) -> None:
        self.both(lambda store: store.queues.purge(priority))

    @rule(query=st.sampled_from(QUERIES), limit=st.sampled_from([1, 2, 50]))
    def find(self, query: TaskQuery, limit: int) -> None:
        async def pages(store: Store) -> list[TaskId]:
            page = TaskPage((), "")
            ids: list[TaskId] = []
            while page.next_cursor or not ids:
                page = await store.history.find(query, page.next_cursor, limit)
                ids += [task.id for task in page.tasks]
                if not page.next_cursor:
                    break
            return ids

        self.both(pages)

    @invariant()
    def both_tell_of_the_same_attempts_and_queues(self) -> None:
        async def attempts(store: Store) -> list[list[AttemptRecord] | None]:
            return [await store.history.attempts(each) for each in self.ids[-ATTEMPTS_SHOWN:]]

        self.both(attempts)
        self.both(lambda store: store.queues.standing())
