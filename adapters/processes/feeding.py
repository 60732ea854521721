"""Who gets what waits: jobs of the backlog go to the children that have room for them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from ...domain.policy import CHUNK_MOST
from ...domain.protocol.messages import FunctionBody
from .backlog import PIPELINED_SHARE, Backlog, Job


class Fed(Protocol):
    """What is to be known of a child: see ``handle.Child``."""

    @property
    def jobs(self) -> Sequence[Job]:
        """Return what it was sent and has not ended, in order."""
        ...

    @property
    def idle(self) -> bool:
        """Return whether it is ready and has nothing to do."""
        ...

    @property
    def pipelines(self) -> bool:
        """Return whether a further message may be sent before the last one is done."""
        ...

    @property
    def allowance(self) -> int:
        """Return how many more jobs it may be given before it is replaced."""
        ...

    def send(self, jobs: Sequence[Job], functions: Mapping[str, FunctionBody]) -> bool:
        """Send jobs as one message; return False if some of it waits."""
        ...

    def withdraw(self) -> list[Job]:
        """Take out and return, in order, all jobs that have not begun: they never will, here."""
        ...


C = TypeVar("C", bound=Fed)


class Feeding(Generic[C]):
    """Sends what waits as early as that is worth it, and takes back what would wait in vain."""

    def __init__(
        self,
        backlog: Backlog,
        children: Collection[C],
        functions: Mapping[str, FunctionBody],
        sent: Callable[[C, Sequence[Job], bool], None],
    ) -> None:
        """Feed ``children``, a live collection, from a backlog.

        ``sent`` is told of each message, and whether the channel has taken all of it.
        """
        self._backlog = backlog
        self._children = children
        self._functions = functions
        self._sent = sent

    def feed(self, slots: int) -> None:
        """Send what waits to the children that have room for it; there are to be ``slots``.

        No message has more than a child's share of what waited at first. A share of what is left
        would cut a hundred jobs for two children into seven messages, the last ones of one job.
        """
        share = 0
        while self._backlog or self._unwait():
            child = self._free_child()
            if child is None:
                return
            share = max(share, -(-len(self._backlog) // slots))
            jobs = self._backlog.cut(min(CHUNK_MOST, share, child.allowance))
            self._sent(child, jobs, child.send(jobs, self._functions))

    def _free_child(self) -> C | None:
        """Return an idle child, or for brief jobs the least busy of those that run such."""
        for child in self._children:
            if child.idle:
                return child
        if not self._backlog.starts_brief():
            return None
        busy = [child for child in self._children if child.pipelines]
        return min(busy, key=lambda child: len(child.jobs), default=None)

    def _unwait(self) -> bool:
        """Take back what waits behind a brief job if a child is idle; return whether that is some.

        Jobs wait so only while all children are busy. But when nothing follows them, a child that
        is done first would have nothing to do, and they would wait beside it.
        """
        waits = [
            c for c in self._children if len(c.jobs) > 1 and c.jobs[-1].share > PIPELINED_SHARE
        ]
        if not waits or not any(child.idle for child in self._children):
            return False
        for child in waits:
            self._backlog.requeue(child.withdraw())
        return bool(self._backlog)
