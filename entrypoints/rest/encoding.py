"""What the routes need of payload adapters; the container fills it in.

Apart from the routes, so that the container of a worker does not import a web framework.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from ...domain.task import Failure


@dataclass(frozen=True, slots=True)
class Encoding:
    """How payloads and results travel.

    ``decode`` (base64 text) raises InvalidPayload; ``exception`` gives the pickle that a failure
    reads as; ``ahead`` looks at payloads without holding up the event loop, before the service
    does. ``call`` pickles arguments that are plain data, and raises InvalidPayload for others;
    ``to_json`` gives a pickled value as JSON, or None where it is no plain data.
    """

    decode: Callable[[str], bytes]
    encode: Callable[[bytes], str]
    exception: Callable[[Failure], bytes]
    ahead: Callable[[Sequence[bytes]], AbstractAsyncContextManager[None]]
    call: Callable[[Sequence[Any], Mapping[str, Any]], bytes]
    to_json: Callable[[bytes], bytes | None]
