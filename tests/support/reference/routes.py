"""The REST reference: every route with its parameters, bodies and answers, from OpenAPI."""

import json
from collections.abc import Iterator
from typing import Any

from gofer.entrypoints.settings import Settings
from tests.support.web import WebStore, app_over

HEAD = """# REST reference

Made from `/openapi.json`, which every running service has. [rest.md](../rest.md) has the
conventions.
"""
METHODS = ("get", "post", "put", "patch", "delete")


def routes_page() -> str:
    """Return the page."""
    document: dict[str, Any] = app_over(WebStore(), Settings()).openapi()
    lines = [HEAD]
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                lines += _of_operation(method, path, operations[method])
    lines.append("## Bodies\n")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        lines += _of_schema(name, schema)
    return "\n".join(lines) + "\n"


def _of_operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"## `{method.upper()} {path}`\n"
    told = operation.get("description") or operation.get("summary") or ""
    yield told.replace("``", "`").replace("<", "&lt;") + "\n"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "| parameter | in | type | |\n| --- | --- | --- | --- |"
        for each in parameters:
            kind = _type(each.get("schema", {}))
            yield f"| `{each['name']}` | {each['in']} | {kind} | {_cell(each)} |"
        yield ""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body, `{kind}`: {_type(content.get('schema', {}))}\n"
        yield from _example(content)
    yield "| answer | body | |\n| --- | --- | --- |"
    for status, answer in operation.get("responses", {}).items():
        bodies = answer.get("content", {})
        kinds = ", ".join(f"`{k}` {_type(c.get('schema', {}))}" for k, c in bodies.items())
        yield f"| {status} | {kinds} | {_cell(answer)} |"
    yield ""


def _of_schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}\n"
    yield _cell(schema) + "\n"
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    if properties:
        yield "| field | type | |\n| --- | --- | --- |"
        for field, each in properties.items():
            must = "required. " if field in required else ""
            yield f"| `{field}` | {_type(each)} | {must}{_cell(each)} |"
    yield ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(_type(each) for each in schema[word])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)  # pyright: ignore[reportUnknownArgumentType]


def _example(content: dict[str, Any]) -> Iterator[str]:
    examples: dict[str, Any] = content.get("examples") or {}
    value: Any = content.get("example") or next(
        (each.get("value") for each in examples.values()), None
    )
    if isinstance(value, dict | list):
        yield f"```json\n{json.dumps(value, indent=2)}\n```\n"


def _cell(item: dict[str, Any]) -> str:
    text = " ".join(str(item.get("description") or "").split())
    return text.replace("``", "`").replace("|", "\\|").replace("<", "&lt;")
