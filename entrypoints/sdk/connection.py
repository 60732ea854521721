"""Connections to the web service: requests that are sent again where that does no harm.

A server closes idle connections, is restarted, is away for a moment. A request that may be
repeated (every one that a client sends here: reads, and writes with an idempotency key) is sent
again on a new connection; so none of this reaches the caller, unless it lasts.
"""

import http.client
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from itertools import chain
from typing import TypeVar

from .address import ANSWER_S, PATIENCE_S, Address, Answer, Body, in_words, pauses
from .errors import Refused, Unreachable
from .heads import Received, opened, received, request

BROKEN = (http.client.HTTPException, OSError)
"""What a connection raises that does not answer, or not to the end."""

_CHUNK_BYTES = 65_536

T = TypeVar("T")

IDLE_MOST = 16
"""Connections that a pool keeps while nobody uses them."""


class Connection:
    """Requests to one service, one at a time; for one thread at a time."""

    def __init__(self, address: Address) -> None:
        """Take where the service is; nothing is sent before the first request."""
        kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
        self._address = address
        self._limit_s = ANSWER_S
        self._connection = kind(address.host, address.port, timeout=ANSWER_S)

    def ask(
        self,
        method: str,
        path: str,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
        patience_s: float = PATIENCE_S,
    ) -> Answer:
        """Return the answer to a request that may be sent again; ``wait_s`` is what it asks for.

        Raises Refused for what the service does not do, Unreachable where it does not answer.
        """

        def whole(sock: socket.socket) -> Answer:
            answer = received(sock, method)
            if not answer.reusable:
                self.close()
            return self._address.checked(answer.status, answer.kind, answer.body)

        return self._insist(whole, (method, path, body, headers or {}, wait_s), patience_s)

    def begin(
        self, path: str, headers: Mapping[str, str], wait_s: float, patience_s: float
    ) -> Answer | http.client.HTTPResponse:
        """Return the answer to a GET as ``ask`` does, or as it begins.

        Then the caller must read it to its end, or close the connection.
        """

        def begun(sock: socket.socket) -> Answer | http.client.HTTPResponse:
            answer = opened(sock)
            if isinstance(answer, Received):
                return self._address.checked(answer.status, answer.kind, answer.body)
            if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                kind = answer.headers.get("content-type") or ""
                told = answer.read()
                if answer.will_close:
                    self.close()
                self._address.checked(answer.status, kind, told)
            return answer

        return self._insist(begun, ("GET", path, None, headers, wait_s), patience_s)

    def _insist(
        self,
        take: Callable[[socket.socket], T],
        asked: tuple[str, str, Body, Mapping[str, str], float],
        patience_s: float,
    ) -> T:
        """Return what ``take`` makes of the answer to a request, which may be sent again."""
        trouble: Exception | None = None
        for pause_s in chain((None,), pauses(patience_s)):
            if pause_s:
                time.sleep(pause_s)
            try:
                return take(self._sent(*asked))
            except Refused as refusal:
                if refusal.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                trouble = refusal
            except BROKEN as broken:
                self.close()
                trouble = broken
            except BaseException:  # interrupted half-way: the answer would be the next request's
                self.close()
                raise
        if isinstance(trouble, Refused):
            raise trouble
        raise Unreachable(self._address.url, in_words(trouble)) from trouble

    def stream(self, path: str, headers: Mapping[str, str], silence_s: float) -> Iterator[bytes]:
        """Yield the body of an answer as it comes; asked for once, and not again.

        Raises Refused, and Unreachable where the connection breaks or nothing comes for
        ``silence_s``. The connection is closed at the end.
        """
        try:
            self._ready(silence_s)
            all_headers = {**self._address.headers, **headers}
            self._connection.request("GET", self._address.prefix + path, None, all_headers)
            response = self._connection.getresponse()
            kind = response.headers.get("content-type") or ""
            if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                self._address.checked(response.status, kind, response.read())
            while chunk := response.read1(_CHUNK_BYTES):
                yield chunk
        except BROKEN as broken:
            raise Unreachable(self._address.url, in_words(broken)) from broken
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def _sent(
        self, method: str, path: str, body: Body, headers: Mapping[str, str], wait_s: float
    ) -> socket.socket:
        pieces = request(self._address, method, path, body, headers)
        sock = self._ready(ANSWER_S + wait_s)
        for piece in pieces:
            sock.sendall(piece)
        return sock

    def _ready(self, limit_s: float) -> socket.socket:
        """Return the connection's socket, open, with this time limit."""
        connection = self._connection
        if connection.sock is None:
            connection.timeout = limit_s
            connection.connect()
        elif limit_s != self._limit_s:
            connection.sock.settimeout(limit_s)
        self._limit_s = limit_s
        return connection.sock


class Connections:
    """As many connections to one service as are in use at once; for any number of threads.

    A process that was forked begins with none: what its parent had open is the parent's.
    """

    def __init__(self, address: Address, patience_s: float = PATIENCE_S) -> None:
        """Take where the service is, and how long to try again while nobody answers."""
        self.address = address
        self.patience_s = patience_s
        self._idle: deque[Connection] = deque(maxlen=IDLE_MOST)
        self._process = os.getpid()

    def ask(
        self,
        method: str,
        path: str,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Answer:
        """Do as ``Connection.ask`` on a connection that is free."""
        connection = self._free()
        try:
            return connection.ask(method, path, body, headers, wait_s, self.patience_s)
        finally:
            self._keep(connection)

    @contextmanager
    def one(self) -> Generator[Connection]:
        """Give a connection that nobody else uses inside the block."""
        connection = self._free()
        try:
            yield connection
        finally:
            self._keep(connection)

    def _free(self) -> Connection:
        """Return a connection that nobody else uses until it is kept."""
        if self._process != os.getpid():
            self.close()
            self._process = os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return Connection(self.address)

    def _keep(self, connection: Connection) -> None:
        if len(self._idle) >= IDLE_MOST:
            connection.close()
        else:
            self._idle.append(connection)

    def __del__(self) -> None:
        """Leave no socket open for the interpreter to warn about."""
        self.close()

    def close(self) -> None:
        """Close the connections that are idle; the next request opens another."""
        while self._idle:
            self._idle.pop().close()
