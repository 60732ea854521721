"""The bodies of functions under /v1.

Requests are refused for a field that is not named here: a misspelt option must not be dropped.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ....domain.function import IMPLEMENTATION, Environment
from .fields import (
    At,
    FunctionUuid,
    Links,
    NextCursor,
    Priority,
    Redeliveries,
    ResultTtl,
    Retries,
    Timeout,
)
from .problems import OfFinding

Name = Annotated[
    str,
    Meta(
        description="A name to call it by: anything printable but / and @.",
        min_length=1,
        max_length=256,
        examples=["absolute"],
    ),
]
Python = Annotated[str, Meta(pattern=r"^[23]\.[0-9]{1,2}$", examples=["3.11"])]
Modules = Annotated[list[str], Meta(max_length=1_000)]


class OfEnvironment(Struct, forbid_unknown_fields=True):
    """The interpreter that made a function, or can run it."""

    implementation: Annotated[str, Meta(pattern=f"^{IMPLEMENTATION}$", examples=["cpython"])]
    python: Python
    dill: Annotated[str, Meta(max_length=40, description="Empty where not known.")] = ""
    modules: Annotated[Modules, Meta(description="Top-level modules that it imports.")] = []
    names: Annotated[Modules, Meta(description="Names that it takes from its module.")] = []


def environment_told(environment: Environment) -> OfEnvironment:
    """Return an environment as it is told."""
    return OfEnvironment(
        environment.implementation,
        f"{environment.python[0]}.{environment.python[1]}",
        environment.dill,
        list(environment.modules),
        list(environment.names),
    )


class OfDefaults(Struct, forbid_unknown_fields=True):
    """What holds for tasks that say nothing else; null: gofer's own default."""

    timeout_s: Timeout | None = None
    retries: Retries | None = None
    redeliveries: Redeliveries | None = None
    priority: Priority | None = None
    result_ttl_s: ResultTtl | None = None


class RegisterFunction(Struct, forbid_unknown_fields=True):
    """A function to register: its source, its pickle, or better both."""

    name: Name
    source: (
        Annotated[
            str,
            Meta(
                description="Python text of a module that defines it; runs on any version.",
                min_length=1,
                examples=["def absolute(x):\n    return abs(x)\n"],
            ),
        ]
        | None
    ) = None
    entry: (
        Annotated[
            str,
            Meta(description="Which function of the source; `name`, or the only one, if not said."),
        ]
        | None
    ) = None
    bytecode: (
        Annotated[
            bytes,
            Meta(description="The dill of the callable; runs on the Python version that made it."),
        ]
        | None
    ) = None
    environment: OfEnvironment | None = None
    defaults: OfDefaults | None = None


class Sizes(Struct):
    """How large a function is, in bytes; ``closure``: data that it brings along."""

    bytecode: int
    source: int
    closure: int


class Preflight(Struct):
    """What would keep a function from running now."""

    ok: Annotated[bool, Meta(description="There is no finding of level error.")]
    findings: list[OfFinding]
    environment: OfEnvironment
    bytes: Sizes


class FunctionStands(Struct, omit_defaults=True):
    """A registered function."""

    id: FunctionUuid
    name: str
    version: Annotated[int, Meta(ge=1, description="Counts the functions of one name.")]
    digest: Annotated[str, Meta(description="sha256 of what was registered, 64 hex digits.")]
    environment: OfEnvironment
    has_source: bool
    has_bytecode: bool
    defaults: OfDefaults
    created_at: At
    links: Links
    findings: (
        Annotated[
            list[OfFinding],
            Meta(description="Where it was registered now: warnings, absent if there is none."),
        ]
        | UnsetType
    ) = UNSET


class FunctionPage(Struct):
    """Functions, the latest first."""

    items: list[FunctionStands]
    next_cursor: NextCursor
