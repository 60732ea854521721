"""What an operator may choose of the store on Redis."""

from dataclasses import dataclass, field

from .driver import Timeouts


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """What an operator may choose; docs/store.md says more.

    ``retention_ms`` is how long ended tasks can be asked for, ``queued_limit`` how many
    unfinished tasks are held before ``submit`` answers FULL, ``poll_s`` how often waiting clients
    are looked up in case a published message was lost.
    """

    namespace: str = "gofer"
    shard: int = 0
    retention_ms: int = 24 * 60 * 60 * 1000
    queued_limit: int = 1_000_000
    poll_s: float = 1.5
    timeouts: Timeouts = field(default_factory=Timeouts)
