"""The page of stored results, from their JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from tables import table

from tlsbench.escaping import for_markdown


def schema_page() -> str:
    """Every definition of the schema, each with its members."""
    schema = json.loads((files("tlsbench.results") / "schema.json").read_text(encoding="utf-8"))
    parts = [
        "# The JSON schema",
        f"{for_markdown(schema['title'])}. {for_markdown(schema['description'])}",
        (
            "The schema itself is [schema.json](schema.json); it comes with the package, as "
            '`importlib.resources.files("tlsbench.results") / "schema.json"`. What the members mean '
            "together, and what is read of older versions, is in [Stored results](../results.md)."
        ),
    ]
    for name, definition in sorted(schema["$defs"].items()):
        parts.append(f"## {name}")
        if definition.get("description"):
            parts.append(for_markdown(definition["description"]))
        rows = list(_members(definition, ""))
        if rows:
            parts.append(table(("member", "type", "meaning"), rows))
        else:
            parts.append(f"{_kind(definition)}.")
    return "\n\n".join(parts) + "\n"


def _members(definition: Mapping[str, Any], before: str) -> Iterator[tuple[str, str, str]]:
    required = set(definition.get("required", ()))
    for name, member in definition.get("properties", {}).items():
        optional = "" if name in required or before else " (may be missing)"
        yield f"`{before}{name}`", f"{_kind(member)}{optional}", for_markdown(member.get("description", ""))
        inner = member.get("items", member)
        if isinstance(inner, Mapping):
            yield from _members(inner, f"{before}{name}{'[]' * (inner is not member)}.")


def _kind(member: Mapping[str, Any]) -> str:
    """The type of a member in words; definitions are links to their section."""
    if "$ref" in member:
        name = member["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in member or "enum" in member:
        return " or ".join(f"`{json.dumps(one)}`" for one in member.get("enum", [member.get("const")]))
    for many in ("anyOf", "oneOf"):
        if many in member:
            return " or ".join(dict.fromkeys(_kind(one) for one in member[many]))
    kind = member.get("type", "any value")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    items, values = member.get("items"), member.get("additionalProperties")
    if isinstance(items, Mapping) and words == "array":
        return f"array of {_kind(items)}"
    if isinstance(values, Mapping) and values and "properties" not in member:
        return f"{words} of {_kind(values)} by name"
    return words
