"""Rows of lists whose items no model names: conditions, turns of a conversation, labels as key and value."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from builder.flows.catalogue import Kind
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.form import FormField

_MESSAGE = (
    FormField("role", "Role", "select", "main", True, "Who speaks.", default="user", dynamic=False,
              options=("system", "developer", "user", "assistant", "tool"), free=False),
    FormField("content", "Content", "textarea", "main", False, "What is said."),
)  # fmt: skip
_ENTRY = (
    FormField("key", "Key", "text", "main", True, "", dynamic=False, examples=("name",)),
    FormField("value", "Value", "text", "main", True, ""),
)


def with_rows(field: FormField, value: Any) -> FormField:
    """The field with the fields of its rows, where it has rows of this sort; `value` is what is written."""
    if field.name == "conditions":
        return replace(field, control="list", variants=_conditions())
    if field.control == "messages" and not field.variants:
        return replace(field, variants={"": _MESSAGE})
    if field.control == "map" and isinstance(value, list):
        return replace(field, control="list", variants={"": _ENTRY})
    return field


@cache
def _conditions() -> Mapping[str, tuple[FormField, ...]]:
    """The fields of each type; older types are shown as YAML where they are written."""
    return {
        entry.name: tuple(one for one in entry.fields if one.name != "type")
        for entry in catalogue().all(Kind.CONDITION)
        if not entry.plugin.deprecated
    }
