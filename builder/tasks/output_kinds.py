"""Of which type a flow's output must be to hold an output of a task, as far as the task's outputs are declared."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.tasks.plugin import Plugin

_KINDS = {"string": "STRING", "integer": "INT", "number": "FLOAT", "boolean": "BOOLEAN", "object": "JSON"}


def output_kind(plugin: type[Plugin], path: Sequence[str | int]) -> tuple[str, str | None]:
    """The type, and of a list what is in it; a text where nothing is known, since all can be written as one."""
    declared = plugin.declared_outputs()
    if declared is None:
        return "STRING", None
    schema = declared.model_json_schema(mode="serialization")
    found = _plain(schema, schema)
    for part in path:
        inner = found.get("items") if isinstance(part, int) else found.get("properties", {}).get(part)
        found = _plain(inner or {}, schema)
    if found.get("type") == "array":
        return "ARRAY", _KINDS.get(_plain(found.get("items") or {}, schema).get("type", ""), "JSON")
    return _KINDS.get(found.get("type", ""), "STRING"), None


def _plain(part: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a schema without null beside it, and with what it refers to."""
    choices = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    if len(choices) == 1:
        part = choices[0]
    name = str(part.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = whole["$defs"][name] if name else part
    return found
