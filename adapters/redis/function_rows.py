"""How functions become the items that the scripts take and answer, and back.

Code is stored as it is and never opened. The contract (needed modules, free names, defaults) is
one JSON object, so that what it says may grow. What another version wrote and this one cannot
read raises StoreIncompatible.
"""

from collections.abc import Sequence

import msgspec

from ...domain.function import (
    NO_DEFAULTS,
    Defaults,
    Environment,
    Function,
    FunctionHead,
    FunctionName,
)
from ...domain.identifiers import FunctionId
from ...domain.ports import Filed
from .codec import Items
from .record import text, unreadable

FILED, FUNCTION, HEAD = 3, 12, 13
"""How many items put, fetch and the scripts that answer heads give for each."""


class _Contract(msgspec.Struct, omit_defaults=True):
    """What a function needs and wishes, beyond its interpreter."""

    modules: list[str] = []
    names: list[str] = []
    defaults: Defaults = NO_DEFAULTS


_read = msgspec.json.Decoder(_Contract).decode
_UNREADABLE = (ValueError, RecursionError)
"""What reading a row raises that is none: msgspec's errors are ValueErrors too."""


def function_items(function: Function) -> Items:
    """Return what put.lua takes for a function."""
    environment = function.environment
    return (
        function.id.encode(),
        text(function.name),
        function.payload,
        function.digest.encode(),
        text(environment.implementation),
        b"%d.%d" % environment.python,
        text(environment.dill),
        b"%d" % function.created_at_ms,
        text(function.source),
        text(function.entry),
        text(function.tag),
        _contract_of(function),
    )


def wanted_items(wanted: FunctionId | FunctionName) -> Items:
    """Return what heads.lua takes for an id, or for a name and maybe a version."""
    if isinstance(wanted, FunctionName):
        return b"", text(wanted.name), b"" if wanted.version is None else b"%d" % wanted.version
    return wanted.encode(), b"", b""


def filed(items: Items) -> Filed:
    """Return what put.lua answers about a function."""
    identifier, version, new = items
    return Filed(FunctionId(identifier.decode()), int(version), new == b"1")


def function(function_id: FunctionId, items: Items) -> Function | None:
    """Return a function from what fetch.lua answers; None if there is none."""
    name, payload, digest, *interpreter, created, version, source, entry, contract, deleted = items
    if not digest:
        return None
    try:
        environment, defaults = _contract(interpreter, contract)
        return Function(
            id=function_id,
            name=name.decode(),
            payload=payload,
            digest=digest.decode(),
            environment=environment,
            created_at_ms=int(created),
            version=int(version or 1),
            source=source.decode(),
            entry=entry.decode(),
            defaults=defaults,
            deleted=bool(deleted),
        )
    except _UNREADABLE as error:
        raise unreadable("function", function_id) from error


def head(items: Items) -> FunctionHead | None:
    """Return a function from a row of `append_head`; None if there is none."""
    identifier, name, version, digest, *rest = items
    if not identifier:
        return None
    *interpreter, created, entry, contract, deleted, payload_bytes, source_bytes = rest
    try:
        environment, defaults = _contract(interpreter, contract)
        return FunctionHead(
            id=FunctionId(identifier.decode()),
            name=name.decode(),
            version=int(version or 1),
            digest=digest.decode(),
            environment=environment,
            created_at_ms=int(created),
            entry=entry.decode(),
            defaults=defaults,
            deleted=bool(deleted),
            payload_bytes=int(payload_bytes),
            source_bytes=int(source_bytes),
        )
    except _UNREADABLE as error:
        raise unreadable("function", identifier.decode("utf-8", "replace")) from error


def _contract_of(function: Function) -> bytes:
    environment = function.environment
    said = _Contract(list(environment.modules), list(environment.names), function.defaults)
    return msgspec.json.encode(said)


def _contract(interpreter: Sequence[bytes], contract: bytes) -> tuple[Environment, Defaults]:
    """Return what is said of environment and defaults; an older gofer said less."""
    implementation, python, dill = interpreter
    major, minor = python.split(b".")
    said = _read(contract) if contract else _Contract()
    environment = Environment(
        implementation.decode(),
        (int(major), int(minor)),
        dill.decode(),
        tuple(said.modules),
        tuple(said.names),
    )
    return environment, said.defaults
