"""Pages of results as they arrive: an item is given once its bytes are there, not once all are.

A page of long results may have many MiB. While the service still sends the rest of one, what has
come of it is opened and used; each long payload has memory of its own, which is free again once
its item is. Pages whose items are short, most of all, are read whole, which costs less for each.
"""

import re
import time
from collections.abc import Callable, Generator, Iterator
from http.client import HTTPResponse, IncompleteRead

import msgspec

from .address import MSGPACK, Answer, in_words, pauses
from .connection import BROKEN, Connection, Connections
from .errors import Unreachable
from .unpacking import Unpacker
from .wire import LENT_BYTES, LONG_BYTES, Item, Page, page_of

ACCEPT = {"Accept": MSGPACK}

_BEGINS = re.compile(rb"([\x81-\x8f])\xa5items(?:([\x90-\x9f])|\xdc(.{2})|\xdd(.{4}))", re.DOTALL)
"""A page that has its items first: how many fields it has, and how many items these are."""

_LONGEST_BEGIN_BYTES = 12


class Incoming:
    """A page of a batch's results on its way: its items, and then where the next one begins.

    To be iterated once. Whoever iterates slowly holds a connection, and up to a few MiB of the
    service's memory, until the page has come to its end or is given up.
    """

    def __init__(self, connections: Connections, path: str, wait_s: float) -> None:
        """Take what to ask for; nothing is sent before the first item is wanted."""
        self._connections = connections
        self._path = path
        self._wait_s = wait_s
        self._told: set[str] = set()
        self.count = 0
        """How many items have been given."""
        self.end = Page([], "", done=False)
        """The page without its items, once these have been given."""

    def __iter__(self) -> Iterator[Item]:
        """Give the items, each once: a connection that breaks is followed by another.

        Raises Refused, Unreachable.
        """
        waits = pauses(self._connections.patience_s)
        with self._connections.one() as connection:
            while True:
                before = self.count
                try:
                    yield from self._items(connection)
                except BROKEN as broken:
                    connection.close()
                    if self.count > before:
                        waits = pauses(self._connections.patience_s)
                    if (pause_s := next(waits, None)) is None:
                        url = self._connections.address.url
                        raise Unreachable(url, in_words(broken)) from broken
                    time.sleep(pause_s)
                except BaseException:  # given up half-way: the rest would be the next answer's
                    connection.close()
                    raise
                else:
                    return

    def _items(self, connection: Connection) -> Generator[Item]:
        """Give those items of an answer that were not given before."""
        patience_s = self._connections.patience_s
        answer = connection.begin(self._path, ACCEPT, self._wait_s, patience_s)
        begins = None if isinstance(answer, Answer) else _in_parts(answer)
        if isinstance(answer, Answer) or begins is None:
            page = page_of(answer.body if isinstance(answer, Answer) else answer.read())
            items = [item for item in page.items if item.id not in self._told]
            self.end = Page([], page.next_cursor, page.done)
            _leave(connection, answer)
            del page, answer
            self.count += len(items)
            yield from items
            return
        answer.read(begins.end())
        unpacker = Unpacker(_exactly(answer))
        for _ in range(_count(begins)):
            item = msgspec.convert(unpacker.value(), Item)
            if item.id not in self._told:
                self._told.add(item.id)
                self.count += 1
                yield item
            del item  # its payload need not stay while the next one comes
        rest = {unpacker.value(): unpacker.value() for _ in range(begins[1][0] - 0x81)}
        self.end = msgspec.convert({"items": [], **rest}, Page)
        _leave(connection, answer)


def _leave(connection: Connection, answer: Answer | HTTPResponse) -> None:
    """Close a connection over which no other answer will come."""
    if isinstance(answer, HTTPResponse) and answer.will_close:
        connection.close()


def _in_parts(response: HTTPResponse) -> re.Match[bytes] | None:
    """Return how a page begins whose items are long enough for a look at each; None for others."""
    length = response.length or 0
    if length < LENT_BYTES:
        return None
    begins = _BEGINS.match(bytes(response.peek(_LONGEST_BEGIN_BYTES)[:_LONGEST_BEGIN_BYTES]))
    return begins if begins is not None and length >= _count(begins) * LONG_BYTES else None


def _count(begins: re.Match[bytes]) -> int:
    _, short, *long = begins.groups()
    return short[0] - 0x90 if short else int.from_bytes(long[0] or long[1])


def _exactly(response: HTTPResponse) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        data = response.read(size) if size else b""
        if len(data) < size:
            raise IncompleteRead(data, size - len(data))
        return data

    return read
