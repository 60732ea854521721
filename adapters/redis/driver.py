"""The few calls of the driver that the store makes, with types, time limits and our own errors.

redis-py leaves much of its interface untyped and retries by default; this module is the one place
that knows. Nothing is ever repeated here: a command that timed out may have been carried out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ...domain.errors import InvalidInput
from .failures import DRIVER_ERRORS, demoted, over_sockets, translated, unavailable
from .lines import Lines
from .wire import Command, Word


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the store may take, in seconds: to connect, to answer; and our connections."""

    connect_s: float = 1.0
    operation_s: float = 2.0
    connections: int = 16
    blocking_connections: int = 8


def open_clients(url: str, timeouts: Timeouts) -> tuple[Redis, Redis]:
    """Return a client for short calls and one for calls that block; neither connects yet.

    Raises InvalidInput for a URL that is none. The blocking client's pool serves ``listen`` and
    the one subscription of ``wait``, which bring their own deadlines.
    """
    shared: dict[str, Any] = {
        "socket_connect_timeout": timeouts.connect_s,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
        "protocol": 2,
        "decode_responses": False,
    }
    if not url.startswith("unix:"):
        shared["socket_keepalive"] = True
    pool_from_url = cast("Any", BlockingConnectionPool).from_url
    try:
        short = pool_from_url(
            url,
            max_connections=timeouts.connections,
            timeout=timeouts.operation_s,
            socket_timeout=timeouts.operation_s,
            **shared,
        )
        blocking = pool_from_url(
            url,
            max_connections=timeouts.blocking_connections,
            timeout=timeouts.operation_s,
            socket_timeout=None,
            **shared,
        )
    except ValueError as error:
        # the driver's text may quote the URL, and with it a password
        raise InvalidInput(
            "the store's URL must look like redis://host:6379/0, rediss://... or unix://..."
        ) from error
    return Redis.from_pool(short), Redis.from_pool(blocking)


class Driver:
    """One client: plain commands, and scripts by their SHA1.

    ``scripts`` are sources by name; ``prefix`` is handed to each as KEYS[1]. Every method raises
    StoreUnavailable, and nothing else of the driver's.
    """

    def __init__(self, client: Redis, prefix: str, scripts: Mapping[str, str]) -> None:
        self._client = client
        self._lines = Lines(client)
        self._prefix = prefix
        self._scripts = {
            name: (hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), source)
            for name, source in scripts.items()
        }

    async def run(self, script: str, *arguments: Word, before: Sequence[Command] = ()) -> Any:
        """Run a script; a server that does not know it is sent its source.

        The commands of ``before`` are sent in the same breath; if one of them fails, that is what
        is raised, whatever the script answers.
        """
        sha, source = self._scripts[script]
        words = ("EVALSHA", sha, 1, self._prefix, *arguments)
        try:
            try:
                return (await self._lines.answers([*before, words]))[-1]
            except exceptions.NoScriptError:
                # nothing was carried out, so even a claim may be sent again
                return await self._lines.call("EVAL", source, 1, self._prefix, *arguments)
        except DRIVER_ERRORS as error:  # as ``translated``, which costs a task alone 2 us a call
            if isinstance(error, exceptions.ResponseError):
                await self._part_with(error)
            raise unavailable(error) from error

    async def run_all(self, script: str, calls: Sequence[Sequence[Word]]) -> list[Any]:
        """Run a script once for each list of arguments, sent in one breath; answers in order.

        Only for scripts that may be repeated: if one is refused, the others were carried out all
        the same, and the first refusal is raised.
        """
        if len(calls) == 1:
            return [await self.run(script, *calls[0])]
        sha, _ = self._scripts[script]
        words = [("EVALSHA", sha, 1, self._prefix, *arguments) for arguments in calls]
        with translated():
            try:
                return await self._lines.answers(words)
            except exceptions.NoScriptError:
                pass  # the server has forgotten its scripts: `run` loads this one again
            except exceptions.ResponseError as error:
                await self._part_with(error)
                raise
        return [await self.run(script, *arguments) for arguments in calls]

    async def run_once_each(self, script: str, calls: Sequence[Sequence[Word]]) -> list[Any]:
        """Run a script once for each list of arguments, sent in one breath; answers in order.

        For scripts that may not be repeated: None stands for a call that was refused, unless all
        were. Then the first refusal is raised.
        """
        if len(calls) == 1:
            return [await self.run(script, *calls[0])]
        sha, _ = self._scripts[script]
        words = [("EVALSHA", sha, 1, self._prefix, *arguments) for arguments in calls]
        with translated():
            answers = await self._lines.ask(words)
            refused = [isinstance(answer, exceptions.ResponseError) for answer in answers]
            if all(refused):
                await self._part_with(answers[0])
                raise answers[0]
        return [None if no else answer for no, answer in zip(refused, answers, strict=True)]

    async def bodies(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values of keys, which must be strings; None for one that is not there."""
        if not keys:
            return []
        with translated():
            return cast("list[bytes | None]", await self._lines.call("MGET", *keys))

    async def each(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands that change nothing in one breath; return their answers in order."""
        if not commands:
            return []
        with translated():
            return await self._lines.answers(commands)

    async def call(self, *words: Word) -> Any:
        """Send one command and return its answer as the server gives it."""
        with translated():
            try:
                return await self._lines.call(*words)
            except exceptions.ResponseError as error:
                await self._part_with(error)
                raise

    async def last(self, commands: Sequence[Command], limit_s: float) -> Any:
        """Send commands in one breath; return the answer to the last, whatever befell others.

        They may take ``limit_s`` all together, not the usual time.
        """
        try:
            answer = (await self._lines.ask(commands, limit_s))[-1]
            if isinstance(answer, exceptions.ResponseError):
                raise answer
        except DRIVER_ERRORS as error:  # as ``translated``: see ``run``
            if isinstance(error, exceptions.ResponseError):
                await self._part_with(error)
            raise unavailable(error) from error
        return answer

    async def command(self, *words: Word) -> Any:
        """Send one command the driver's own way, which makes its answer handier."""
        client = cast("Any", self._client)
        with translated(), over_sockets():
            try:
                return await client.execute_command(*words)
            except exceptions.ResponseError as error:
                await self._part_with(error)
                raise

    async def close(self) -> None:
        """Give back the connections; may be repeated."""
        with translated():
            await self._lines.forget()
            await self._client.aclose(close_connection_pool=True)

    async def _part_with(self, error: exceptions.ResponseError) -> None:
        """Close the idle connections to a server that was demoted: they will never serve again.

        The address may lead to another one by now. Those in use meet the same answer soon.
        """
        if demoted(error):
            pool = cast("Any", self._client).connection_pool
            with suppress(*DRIVER_ERRORS):
                await self._lines.forget()
                await pool.disconnect(inuse_connections=False)
