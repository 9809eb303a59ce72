"""Fields that depend on what is named beside them: the inputs of a flow that is called, the properties of a type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from builder.tasks.catalogue import Catalogue, Entry
from builder.tasks.core.flow.subflow import CallsFlow
from builder.tasks.fields.controls import STEPS
from builder.tasks.fields.form import FormField
from builder.web.editor.fields.declared import value_fields

Fields = tuple[FormField, ...]
Declared = Callable[[str, str, int | None], Any]
"""The inputs that a flow (namespace, id, revision) declares, as they are written; None where there is no such flow."""


def nobody(namespace: str, flow_id: str, revision: int | None) -> Any:
    """No other flow is known."""


def with_inputs(fields: Fields, entry: Entry, written: Mapping[str, Any], declared: Declared) -> Fields:
    """Of a step that calls a flow: what it gives that flow has a field for each of its inputs."""
    names = [written.get("namespace"), written.get("flowId")]
    if not issubclass(entry.plugin, CallsFlow) or not all(isinstance(name, str) and "{" not in name for name in names):
        return fields
    revision = written.get("revision")
    asked = value_fields(declared(str(names[0]), str(names[1]), revision if isinstance(revision, int) else None))
    return _inside(fields, "inputs", asked)


def with_properties(fields: Fields, written: Mapping[str, Any], catalogue: Catalogue) -> Fields:
    """Of the defaults of one type: their values have a field for each of its properties; none has to be given."""
    if not {"type", "values", "forced"} <= {one.name for one in fields}:
        return fields
    entry = catalogue.find(str(written.get("type") or ""))
    shown = (
        (one for one in entry.fields if one.name not in ("id", "type") and one.control not in STEPS) if entry else ()
    )
    return _inside(fields, "values", tuple(replace(one, required=False) for one in shown))


def _inside(fields: Fields, name: str, inside: Sequence[FormField]) -> Fields:
    if not inside:
        return fields
    variants = {"": tuple(inside)}
    return tuple(replace(one, control="section", variants=variants) if one.name == name else one for one in fields)
