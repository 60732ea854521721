"""How dispatcher and workers reach one another. Neither ordered nor reliable: the protocol is."""

from dataclasses import dataclass
from typing import Protocol

from ..errors import ProtocolViolation
from ..protocol.messages import ToDispatcher, ToWorker


@dataclass(frozen=True, slots=True)
class FromWorker:
    """A message as it arrived: ``peer`` is the link's own address for whoever sent it."""

    peer: bytes
    message: ToDispatcher | ProtocolViolation


class Link(Protocol):
    """The dispatcher's end of the connection to all its workers. Neither ordered nor reliable:
    the protocol is. Methods must be called from one event loop.
    """

    @property
    def endpoint(self) -> str:
        """Return the address at which workers reach this end."""
        ...

    async def receive(self) -> list[FromWorker]:
        """Wait for messages and return all that are there, in order of arrival, never none."""
        ...

    def send(self, peer: bytes, message: ToWorker) -> bool:
        """Hand a message over without waiting; False if the peer is gone or takes no more."""
        ...

    def forget(self, peer: bytes) -> None:
        """Give up what is kept for a peer that will not come back."""
        ...

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        ...


class Uplink(Protocol):
    """A worker's end of its connection to the dispatcher. Neither ordered nor reliable."""

    async def receive(self) -> list[ToWorker | ProtocolViolation]:
        """Wait for messages and return all that are there, in order of arrival, never none."""
        ...

    def send(self, message: ToDispatcher) -> bool:
        """Hand a message over without waiting; False if it cannot be taken now."""
        ...

    def reset(self) -> None:
        """Drop what is under way and connect anew: called when the dispatcher is silent."""
        ...

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        ...
