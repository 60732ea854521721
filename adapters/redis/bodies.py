"""Long results, read beside the scripts: each has a key of its own, and Lua would copy it."""

from collections.abc import Sequence

from ...domain.identifiers import TaskId
from .driver import Driver
from .keys import Keys
from .record import is_long


class Bodies:
    """The keys of one shard that hold long results."""

    def __init__(self, driver: Driver, keys: Keys) -> None:
        self._driver = driver
        self._keys = keys

    async def results(self, records: Sequence[tuple[TaskId, bytes]]) -> list[bytes]:
        """Return the long results of tasks in order, only of those that have one.

        Empty for one that is forgotten meanwhile.
        """
        keys = [self._keys.result(task_id) for task_id, told in records if is_long(told)]
        return [body or b"" for body in await self._driver.bodies(keys)]
