"""What there is to tell a dispatcher that listens to the memory store."""

from ...domain.ports import Credit, Hint, Leased
from . import handing
from .records import Records
from .steps import Moment


def take(records: Records, owner: str, now: Moment, credit: Credit | None = None) -> Hint:
    """Return, and forget, what there is to tell ``owner``: cancels and tasks go before work.

    If that is nothing, ``credit`` is what it has claimed in advance from now on.
    """
    rang = records.hear(owner, now.steady)
    records.credit.pop(owner, None)
    cancelled = tuple(records.inboxes.pop(owner, ()))
    hint = Hint(cancelled=cancelled, tasks=handing.fetch(records, owner))
    if hint != Hint():
        if rang:
            records.bells.add(owner)
        return hint
    if credit is not None and not rang:
        records.credit[owner] = credit
    return Hint(work=rang)


def hush(records: Records, owner: str) -> Hint:
    """Claim nothing in advance for ``owner`` any more; return what was handed over, and ring."""
    records.credit.pop(owner, None)
    records.bells.add(owner)
    tasks: list[Leased] = []
    while fetched := handing.fetch(records, owner):
        tasks += fetched
    return Hint(tasks=tuple(tasks))
