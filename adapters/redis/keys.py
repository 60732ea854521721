"""The layout of the store: every key, every field of its hashes, and the version of all that.

Every key begins with a tagged prefix such as ``{gofer:0}:`` (namespace and shard), so that all
keys of a shard share one slot of Redis Cluster; no script may build a key in another way.

===================  ======  ===========================================================  ========
key                  type    what it holds                                                bound
===================  ======  ===========================================================  ========
``t:<task id>``      hash    one task, its fields as below                                TTL once
                                                                                          it ended
``f:<function id>``  hash    one function, its fields as below                            users
``tags``             set     environments that functions need, such as cpython-3.11       few
``ready:<0..2>:…``   list    ids of QUEUED tasks by priority and environment, the next    ``limit``
                             one at the head
``delayed``          zset    ids of QUEUED tasks that are not due yet, by due time in ms  ``limit``
``lease``            zset    ids of RUNNING tasks, by the end of their lease in ms        ``limit``
``idem:<key>``       string  "digest task-id" of the request with this idempotency key     retention
``listeners``        zset    dispatchers, by until when work is rung for them, in ms      2 min
``bell:<owner>``     list    one element when there may be work                           1, 1 min
``inbox:<owner>``    list    ids of cancelled tasks that their owner should kill          10 000,
                                                                                          5 min
``schema``           string  the version of this layout                                   1
``ended``            (a channel) ids of tasks that have ended, separated by spaces
===================  ======  ===========================================================  ========

Fields of a task: ``s`` state (Q ready, D delayed, each followed by f or r if the last attempt
failed or was released; R running, C completed, F failed, P failed because its worker was lost,
X cancelled, E expired), ``h`` head "priority losses function-id retries,redeliveries,timeout
environment" (losses of workers that it survives), ``p`` payload (empty once it ended), ``k``
fence "number token" and ``o`` owner of the last claim, ``u`` spent "retries strikes losses",
``c`` created, ``a`` started, ``z`` end "finished ran worker" (ms that it ran, -1 where it never
did), ``y`` reason, ``v`` evidence (evidence.py), ``x`` result or exception.

Fields of a function: ``g`` name, ``p`` payload, ``h`` digest, ``i`` ``v`` ``d`` implementation,
Python version and dill version, ``c`` created. All times are milliseconds since 1970.
"""

import re
from dataclasses import dataclass

from ...domain.errors import InvalidInput
from ...domain.identifiers import MAX_SHARD

SCHEMA = 1
"""Raised when a key or field changes its meaning; a store of a later layout is refused."""

OLDEST_SCHEMA = 1
"""The oldest layout that is still read: the one before, once there is one."""

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

    def bell(self, owner: str) -> str:
        """Return the key of a dispatcher's doorbell."""
        return f"{self.prefix}bell:{owner}"

    def inbox(self, owner: str) -> str:
        """Return the key of a dispatcher's inbox."""
        return f"{self.prefix}inbox:{owner}"
