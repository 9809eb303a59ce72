"""Conditions of triggers and listeners as rows of a form, each with the fields of its type."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from builder.flows.catalogue import Kind
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.form import FormField


def with_conditions(field: FormField) -> FormField:
    """The field of a list of conditions, with a row for each."""
    return replace(field, control="list", variants=_types()) if field.name == "conditions" else field


@cache
def _types() -> Mapping[str, tuple[FormField, ...]]:
    """The fields of each type; older types are shown as YAML where they are written."""
    return {
        entry.name: tuple(one for one in entry.fields if one.name != "type")
        for entry in catalogue().all(Kind.CONDITION)
        if not entry.plugin.deprecated
    }
