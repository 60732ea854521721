"""What there is to tell a dispatcher that listens to the memory store."""

from ...domain.ports import Hint
from .records import Records
from .steps import Moment


def take(records: Records, owner: str, now: Moment) -> Hint:
    """Return, and forget, what there is to tell ``owner``: cancels before work."""
    rang = records.hear(owner, now.steady)
    if cancelled := records.inboxes.pop(owner, None):
        if rang:
            records.bells.add(owner)
        return Hint(cancelled=tuple(cancelled))
    return Hint(work=rang)
