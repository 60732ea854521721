"""Which versions of the protocol are understood: so that an upgrade may go machine by machine.

Each side speaks its newest version and the one before. A worker says Hello in its newest; the
dispatcher answers in the lower of both, and so do both from then on. A newer version may add fields
at the end of what an older one sends (the older side ignores them) and new kinds of message (which
are not sent in an older version); whatever else changes needs a version in between.
"""

from dataclasses import dataclass

from .messages import OLDEST_PROTOCOL, PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that one side speaks: ``newest`` and all down to ``oldest``."""

    newest: int = PROTOCOL_VERSION
    oldest: int = OLDEST_PROTOCOL

    def __contains__(self, version: object) -> bool:
        """Return whether a message of this version can be read: ours, or by one newer."""
        return isinstance(version, int) and self.oldest <= version <= self.newest + 1

    def answer(self, version: int) -> int:
        """Return the version in which somebody who speaks ``version`` is answered."""
        return min(self.newest, max(self.oldest, version))

    def refusal(self, version: int) -> str:
        """Return why a worker of a version that cannot be read is refused, and what helps."""
        ours = f"{self.newest}"
        if self.oldest != self.newest:
            ours = f"{self.oldest} to {self.newest}"
        outdated = "worker" if version < self.oldest else "dispatcher"
        return (
            f"this dispatcher speaks protocol {ours} and the worker {version}: "
            f"upgrade gofer where the {outdated} runs"
        )


OURS = Versions()
