"""What a user registered: a function, its content digest and the environment it needs.

The payload is opaque here: this module (like everything outside a worker's child) never unpickles.
"""

import hashlib
from dataclasses import dataclass, field

from .identifiers import FunctionId


@dataclass(frozen=True, slots=True)
class Environment:
    """The interpreter that made, or can run, a function's bytecode.

    ``implementation`` is ``sys.implementation.name``, ``python`` the major and minor version,
    ``dill`` the version of dill ("" where unknown).
    """

    implementation: str
    python: tuple[int, int]
    dill: str = ""
    tag: str = field(init=False, repr=False, compare=False)
    """The key by which functions and workers are matched, such as ``cpython-3.11``.

    Bytecode does not cross minor versions (DESIGN.md section 6: of 240 cross-version runs 37 were
    right), so the tag has major and minor, and nothing finer. Made once: each task asks for it.
    """

    def __post_init__(self) -> None:
        """Make the tag."""
        tag = f"{self.implementation}-{self.python[0]}.{self.python[1]}"
        object.__setattr__(self, "tag", tag)


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function: ``payload`` is the pickle (dill) of a callable, never loaded here."""

    id: FunctionId
    name: str
    payload: bytes
    digest: str
    environment: Environment
    created_at_ms: int


def content_digest(payload: bytes) -> str:
    """Return the key under which workers cache a function: sha256 of its bytes, 64 hex digits."""
    return hashlib.sha256(payload).hexdigest()
