"""The whole system in one process, over the store in memory: nothing is kept, nothing is needed.

For trying things out and for tests. Tasks still run in children of their own. What a crash of
this process loses is everything, which it says when it starts.
"""

import asyncio
from collections.abc import Callable

from ..domain.errors import InvalidInput
from .container import Container
from .kin import Leaving, announce
from .rest.server import listening, server_of, url_of
from .settings import Settings
from .stores import open_store


async def run_solo(settings: Settings, greet: Callable[[str], None]) -> None:
    """Run web service, dispatcher and local worker in this event loop until told to leave.

    Calls ``greet`` with the URL once it can be used. Raises AddressUnusable, and InvalidInput for
    push and pull.
    """
    if settings.mode != "local":
        raise InvalidInput(f"memory:// has workers of its own; {settings.mode} needs another store")
    container = Container(settings=settings)
    with listening(settings.http_host, settings.http_port) as listener:
        clock, entropy = container.clock(), container.entropy()
        await open_store(container.store(), clock, entropy, 0, settings.store)
        server = server_of(container, lambda: None)
        dispatcher, worker = container.dispatcher(), container.worker()
        Leaving(worker.drain)

        async def tell() -> None:
            await worker.connected()
            greet(url_of(listener))
            announce(url_of(listener))

        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listener]))
            group.create_task(dispatcher.run())
            telling = group.create_task(tell())
            await worker.run()
            telling.cancel()
            dispatcher.drain()
            server.leave()
