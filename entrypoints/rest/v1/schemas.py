"""The JSON schemas of bodies under /v1, with what a type cannot say: fields that exclude others."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from ..schemas import schema as plain_schema

EXCLUSIVE = (
    ("payload", "args"),
    ("payload", "kwargs"),
    ("delay_s", "run_at"),
    ("expires_at", "expires_in_s"),
)
"""Fields of which a body may say one only, wherever it has both."""


def _given(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "string", "minLength": 1}}}


_NAMED = _given("function")
"""A task of a batch names its function, or the batch does."""


@cache
def schema(kind: type[Struct]) -> dict[str, Any]:
    """Return the schema of a body, whole in itself; every caller is given the same dict."""
    found: dict[str, Any] = _marked(plain_schema(kind))
    return found


def _marked(part: Any) -> Any:
    if isinstance(part, list):
        items: list[Any] = part
        return [_marked(each) for each in items]
    if not isinstance(part, Mapping):
        return part
    described: dict[str, Any] = {key: _marked(value) for key, value in part.items()}
    properties = described.get("properties", {})
    if "tasks" in properties and "function" in properties:
        described["anyOf"] = [_NAMED, {"properties": {"tasks": {"items": _NAMED}}}]
    if "bytecode" in properties and "name" in properties:
        described["anyOf"] = [_given("source"), _given("bytecode")]
    pairs = [pair for pair in EXCLUSIVE if all(name in properties for name in pair)]
    if pairs and described.get("type") == "object":
        described["allOf"] = [_not_both(*pair) for pair in pairs]
    return described


def _not_both(one: str, other: str) -> dict[str, Any]:
    said = {"not": {"type": "null"}}
    return {"not": {"required": [one, other], "properties": {one: said, other: said}}}
