"""What the original routes need of payload adapters; the container fills it in.

Apart from the routes, so that the container of a worker does not import a web framework.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from ...domain.task import Failure


@dataclass(frozen=True, slots=True)
class Encoding:
    """How payloads and results travel on the original routes.

    ``decode`` raises InvalidPayload; ``exception`` gives the pickle that a failure reads as;
    ``ahead`` looks at payloads without holding up the event loop, before the service does.
    """

    decode: Callable[[str], bytes]
    encode: Callable[[bytes], str]
    exception: Callable[[Failure], bytes]
    ahead: Callable[[Sequence[bytes]], AbstractAsyncContextManager[None]]
