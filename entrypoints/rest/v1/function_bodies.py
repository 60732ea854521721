"""The bodies of functions under /v1."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .fields import At, FunctionUuid, Links

Name = Annotated[
    str,
    Meta(
        description="A name for people, and to call it by: anything printable but / and @.",
        min_length=1,
        max_length=256,
        examples=["double"],
    ),
]


class RegisterFunction(Struct):
    """A function to register: the pickle of a callable."""

    name: Name
    bytecode: (
        Annotated[
            bytes,
            Meta(
                description="The dill of the callable.",
                examples=["gASVFAAAAAAAAACMCGJ1aWx0aW5zlIwDYWJzlJOULg=="],
            ),
        ]
        | UnsetType
    ) = UNSET


class EnvironmentOf(Struct):
    """The interpreter that made a function, or can run it."""

    implementation: Annotated[str, Meta(examples=["cpython"])]
    python: Annotated[str, Meta(examples=["3.11"])]
    dill: Annotated[str, Meta(description="Empty where not known.", examples=["0.4.0"])]


class FunctionStands(Struct):
    """A registered function."""

    id: FunctionUuid
    name: Name
    version: int
    digest: Annotated[str, Meta(description="sha256 of what was registered, 64 hex digits.")]
    environment: EnvironmentOf
    created_at: At
    links: Links
