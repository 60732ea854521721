"""What a user registered: a function's code, its version, and the environment that it needs.

The payload is opaque here: this module (like everything outside a worker's child) never unpickles.
"""

import hashlib
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from .identifiers import FunctionId

ANY = "any"
"""Stands for the version in the tag of a family, such as ``cpython-any``."""


IMPLEMENTATION = "[A-Za-z0-9._-]{1,40}"
"""What an interpreter's name may be, as a regular expression: it is a word of queues' names."""


@lru_cache(256)
def family_of(tag: str) -> str:
    """Return the tag that every worker of this tag's implementation serves beside its own."""
    return f"{tag.rpartition('-')[0]}-{ANY}"


class Form(StrEnum):
    """In which form a function travels to a worker."""

    BYTECODE = "bytecode"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Environment:
    """The interpreter that made, or can run, a function's bytecode.

    ``implementation`` is ``sys.implementation.name``, ``python`` the major and minor version,
    ``dill`` the version of dill ("" where unknown). ``modules`` are top-level module names: those
    that a function imports, or that a worker has; ``names`` are the free names of a function.
    """

    implementation: str
    python: tuple[int, int]
    dill: str = ""
    modules: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tag: str = field(init=False, repr=False, compare=False)
    """The key by which functions and workers are matched, such as ``cpython-3.11``.

    Bytecode does not cross minor versions (DESIGN.md section 6: of 240 cross-version runs 37 were
    right), so the tag has major and minor, and nothing finer. Made once: each task asks for it.
    """

    def __post_init__(self) -> None:
        """Make the tag."""
        tag = f"{self.implementation}-{self.python[0]}.{self.python[1]}"
        object.__setattr__(self, "tag", tag)

    @property
    def family(self) -> str:
        """Return the tag of what runs in any version of this implementation: source does."""
        return family_of(self.tag)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for tasks of a function that say nothing else; None: gofer's own default."""

    timeout_ms: int | None = None
    retries: int | None = None
    redeliveries: int | None = None
    priority: int | None = None
    result_ttl_ms: int | None = None


NO_DEFAULTS = Defaults()


@dataclass(frozen=True, slots=True)
class FunctionHead:
    """All that is known of a registered function but its code, which may be large.

    ``payload_bytes`` and ``source_bytes`` say how large; 0: it has none.
    """

    id: FunctionId
    name: str
    version: int
    digest: str
    environment: Environment
    created_at_ms: int
    entry: str = ""
    defaults: Defaults = NO_DEFAULTS
    deleted: bool = False
    payload_bytes: int = 0
    source_bytes: int = 0

    @property
    def tag(self) -> str:
        """Return the key of the queue in which its tasks wait, as ``Function.tag`` does."""
        return self.environment.family if self.source_bytes else self.environment.tag

    @property
    def has_source(self) -> bool:
        """Return whether workers of other versions can run it."""
        return self.source_bytes > 0

    @property
    def has_bytecode(self) -> bool:
        """Return whether there is a pickle of it."""
        return self.payload_bytes > 0


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function: ``payload`` is the pickle (dill) of a callable, never loaded here.

    ``source`` is the text of a module that defines the callable ``entry``. Each may be empty, but
    not both. ``version`` counts the functions of one name from 1; the store gives it. A
    ``deleted`` one takes no new tasks, and runs for those that there are.
    """

    id: FunctionId
    name: str
    payload: bytes
    digest: str
    environment: Environment
    created_at_ms: int
    version: int = 1
    source: str = ""
    entry: str = ""
    defaults: Defaults = NO_DEFAULTS
    deleted: bool = False

    @property
    def tag(self) -> str:
        """Return the key of the queue in which its tasks wait.

        That of its environment, or (with source) one that every version of it serves.
        """
        return self.environment.family if self.source else self.environment.tag

    @property
    def has_source(self) -> bool:
        """Return whether workers of other versions can run it."""
        return bool(self.source)

    @property
    def has_bytecode(self) -> bool:
        """Return whether there is a pickle of it."""
        return bool(self.payload)

    @property
    def head(self) -> FunctionHead:
        """Return it without its code."""
        return FunctionHead(
            id=self.id,
            name=self.name,
            version=self.version,
            digest=self.digest,
            environment=self.environment,
            created_at_ms=self.created_at_ms,
            entry=self.entry,
            defaults=self.defaults,
            deleted=self.deleted,
            payload_bytes=len(self.payload),
            source_bytes=len(self.source.encode()),
        )


def form_for(function: Function | FunctionHead, worker: Environment) -> Form | None:
    """Return in which form a function goes to a worker of this environment; None: in none.

    Bytecode goes to the interpreter that made it (implementation, major and minor version) and to
    no other; source to every version of the same implementation.
    """
    if function.has_bytecode and function.environment.tag == worker.tag:
        return Form.BYTECODE
    if function.has_source and function.environment.implementation == worker.implementation:
        return Form.SOURCE
    return None


class FunctionName(NamedTuple):
    """A function by its name: that version of it, or (None) the newest that is not deleted."""

    name: str
    version: int | None = None


def content_digest(payload: bytes) -> str:
    """Return the sha256 of bytes, 64 hex digits."""
    return hashlib.sha256(payload).hexdigest()


def function_digest(
    payload: bytes,
    environment: Environment,
    source: str = "",
    entry: str = "",
    defaults: Defaults = NO_DEFAULTS,
) -> str:
    """Return the digest of what a registration says; workers cache functions by it too.

    Covers the code, the interpreter (``Environment.tag``) and the defaults; not the name.
    """
    settings = [getattr(defaults, each.name) for each in fields(Defaults)]
    parts = (payload, source.encode(), f"{entry}\n{environment.tag}\n{settings}".encode())
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
