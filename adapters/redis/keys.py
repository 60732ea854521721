"""The layout of the store: every key, every field of its hashes, and the version of all that.

Every key begins with a tagged prefix such as ``{gofer:0}:`` (namespace and shard), so that all
keys of a shard share one slot of Redis Cluster; no script may build a key in another way.

===================  ======  ===========================================================  ========
key                  type    what it holds                                                bound
===================  ======  ===========================================================  ========
``t:<task id>``      string  one task, its words as below                                 TTL once
                                                                                          it ended
``p:<task id>``      string  its payload, if that is longer than 2 KiB or it has failed   until it
                                                                                          ends, or
                                                                                          TTL
``x:<task id>``      string  its result or exception, if that is longer than 2 KiB, or     TTL
                             has a time of its own
``a:<task id>``      list    its earlier attempts, the last 20 (see shared/again.lua)      TTL once
                                                                                          it ended
``s:<stem>:<n>``     string  the n-th long body of a call, put there right before it    1 min
``b:<batch id>``     hash    a batch, its fields as below                                 TTL once
                                                                                          it ended
``b:<batch id>:e``   list    positions of its tasks that ended, 4 hex digits, in order    the same
``f:<function id>``  hash    one function, its fields as below                            users; TTL
                                                                                          if deleted
``fn:<name>``        zset    ids of the functions of a name, by version                   users
``fg:<name>``        zset    ids of those that were deleted, by version                   TTL
``functions``        zset    ids of the newest version of each name                       users
``tags``             set     environments that functions need, such as cpython-3.11       few
``ready:<0..2>:…``   list    ids of QUEUED tasks by priority and environment, the next    ``limit``
                             one at the head
``delayed``          zset    ids of QUEUED tasks that are not due yet, by due time in ms  ``limit``
``expiry``           zset    ids of tasks that are not started after a time, by that time ``limit``
                             in ms; those that run or have ended go when it comes
``lease``            zset    ids of RUNNING tasks, by the end of their lease in ms        ``limit``
``index``            zset    ids of tasks that are of no batch and in no leaf, and of      retention
                             batches, and the names of leaves, "<start>g", which sort     and 1 h
                             behind the ids that begin so; all with score 0
``leaf:<start>``     list    what the ids end with, from the 13th character on, of tasks  the same
                             that came together and whose ids begin so (the same 16 ms)
``fading``           zset    those of them that have ended, by until when that is known     the same
``events``           stream  changes of tasks, while somebody watches: an entry a call, its   10 min
                             field the state (a letter), its value the ids
``watched``          string  the id of the feed behind which nothing is missing            10 min
``paused``           set     priorities of which nothing is claimed                        3
``rate:<n>``         hash    tasks that came (n) or were claimed (c) of each priority in   70 s
                             the n-th 5 seconds: ``n0`` ... ``c2``
``totals``           hash    how many tasks were recorded (n), and ended as C, F, X, E     1
``idem:<key>``       string  "digest id" of the request with this idempotency key: a      retention
                             task's or a batch's
``listeners``        zset    dispatchers, by until when work is rung for them, in ms      2 min
``bell:<owner>``     list    one element when there may be work                           1, 1 min
``credit:<owner>``   string  what a listener has claimed in advance (shared/handing.lua)  1 min
``handed:<owner>``   list    tasks that were leased by that, an element a submit          1 min
``handed``           zset    owners of such lists, by when what is left there goes back   few
``inbox:<owner>``    list    ids of cancelled tasks that their owner should kill          10 000,
                                                                                          5 min
``o:<task id>``      hash    what a running task has shown: ``n`` attempt's number, ``s``  retention
                             offset and ``d`` bytes of output, ``p`` progress, ``r``
                             revision
``w:<owner>``        string  "time workers": what a dispatcher knows of its workers        75 s
``musters``          zset    dispatchers, by until when those are shown, in ms             75 s
``drain:<worker>``   string  the incarnation of a worker that is to be drained             24 h
``schema``           string  the version of this layout                                   1
``ended``            (a channel) ids of tasks that have ended, and of their batches, separated by
                     spaces
===================  ======  ===========================================================  ========

A task is one string and not a hash, so that one command reads or writes a hundred: that halved the
server's time (docs/performance.md). Its form is at the head of ``lua/shared/tasks.lua``. Its words:
``state`` (Q ready, D delayed, each followed by f or r if the last attempt failed or was released;
R running, C completed, F failed, P failed because its worker was lost, X cancelled, Xr while it
ran, E expired), ``number token`` (the fence) and ``owner`` of the last claim, ``started``,
``created``, ``retries,strikes,losses`` spent, ``priority``, ``survives`` (how many losses of
workers), ``function`` id, ``budget`` as "retries,redeliveries,timeout" and, if it is not the
ordinary one, ",initial,factor,most,jitter" of the back-off, ``options`` as "expires;tag,tag" and,
where its result has a time of its own (in ms), ";time", ``environment``; then why, until when and
since when it waits, or "finished ran worker" (ms that it ran, -1 where it never did), and payload
or evidence (evidence.py) and result. Words that come from outside are percent-encoded.

Fields of a batch: ``c`` created, ``n`` tasks, ``m`` the highest position; ``C`` ``F`` ``X`` ``E``
how many completed, failed, were cancelled, expired; ``v`` how many of the positions in its list
are void (0000): those tasks were tried again.

Fields of a function: ``g`` name, ``n`` version, ``p`` payload, ``s`` source, ``e`` entry, ``h``
digest, ``i`` ``v`` ``d`` implementation, Python version and dill version, ``t`` the tag of its
queues, ``o`` the rest of its contract (JSON: modules, names, defaults), ``c`` created, ``x``
deleted. An older gofer wrote no ``n``, ``s``, ``e``, ``t``, ``o``. All times are milliseconds since
1970.
"""

import re
from dataclasses import dataclass

from ...domain.errors import InvalidInput
from ...domain.identifiers import MAX_SHARD, BatchId, TaskId, WorkerId

SCHEMA = 3
"""Raised when a key or field changes its meaning; a store of a later layout is refused."""

OLDEST_SCHEMA = 2
"""The oldest layout that is still read: the one before."""

_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of one shard's keys, for what is not done by a script."""

    namespace: str = "gofer"
    shard: int = 0

    def __post_init__(self) -> None:
        """Refuse what would break the tag."""
        if not _NAMESPACE.match(self.namespace):
            raise InvalidInput(
                f"the namespace {self.namespace[:80]!r} is not 1 to 64 letters, digits, . _ or -"
            )
        if not 0 <= self.shard <= MAX_SHARD:
            raise InvalidInput(f"the shard {self.shard} is not 0 to {MAX_SHARD}")

    @property
    def prefix(self) -> str:
        """Return what every key begins with."""
        return f"{{{self.namespace}:{self.shard}}}:"

    @property
    def schema(self) -> str:
        """Return the key of the layout's version."""
        return f"{self.prefix}schema"

    @property
    def ended(self) -> str:
        """Return the channel on which the ids of ended tasks are published."""
        return f"{self.prefix}ended"

    @property
    def events(self) -> str:
        """Return the key of the feed of changes."""
        return f"{self.prefix}events"

    @property
    def leases(self) -> str:
        """Return the key of what is leased, by the ends of the leases."""
        return f"{self.prefix}lease"

    def task(self, task_id: TaskId) -> str:
        """Return the key of a task's string."""
        return f"{self.prefix}t:{task_id}"

    def batch(self, batch_id: BatchId) -> str:
        """Return the key of a batch."""
        return f"{self.prefix}b:{batch_id}"

    def ended_of(self, batch_id: BatchId) -> str:
        """Return the key of the positions of a batch's tasks that have ended."""
        return f"{self.prefix}b:{batch_id}:e"

    def payload(self, task_id: TaskId) -> str:
        """Return the key of a task's payload, if it is a long one."""
        return f"{self.prefix}p:{task_id}"

    def result(self, task_id: TaskId) -> str:
        """Return the key of a task's result or exception, if it is a long one."""
        return f"{self.prefix}x:{task_id}"

    def staged(self, stem: str, number: int) -> str:
        """Return the key under which a call finds one of its longest bodies."""
        return f"{self.prefix}s:{stem}:{number}"

    def output(self, task_id: TaskId) -> str:
        """Return the key of what a task has shown while it ran."""
        return f"{self.prefix}o:{task_id}"

    def drain(self, worker: WorkerId) -> str:
        """Return the key of the wish that a worker be drained."""
        return f"{self.prefix}drain:{worker}"

    def bell(self, owner: str) -> str:
        """Return the key of a dispatcher's doorbell."""
        return f"{self.prefix}bell:{owner}"

    def credit(self, owner: str) -> str:
        """Return the key of what a dispatcher has claimed in advance."""
        return f"{self.prefix}credit:{owner}"

    def handed(self, owner: str) -> str:
        """Return the key of what was handed over to a dispatcher."""
        return f"{self.prefix}handed:{owner}"

    def inbox(self, owner: str) -> str:
        """Return the key of a dispatcher's inbox."""
        return f"{self.prefix}inbox:{owner}"
