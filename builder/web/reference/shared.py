"""What every step, every trigger, every flow and every input has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from builder.tasks.base import Task
from builder.tasks.fields.form import FormField, fields_of
from builder.tasks.trigger import Trigger
from builder.web.editor.fields.declared import INPUT_TYPES, input_fields
from builder.web.editor.fields.flow import FLOW_FIELDS
from builder.web.reference.properties import without_effect


@dataclass(frozen=True, slots=True)
class Shared:
    """The properties that all of one kind have; `name` is what people call one of them."""

    name: str
    fields: tuple[FormField, ...]
    without_effect: tuple[str, ...] = ()


def _fields_of_inputs() -> tuple[FormField, ...]:
    """Those that only some types of input have say which."""
    found: dict[str, FormField] = {}
    types: dict[str, list[str]] = {}
    for kind in INPUT_TYPES:
        for field in input_fields(kind):
            found.setdefault(field.name, field)
            types.setdefault(field.name, []).append(kind)
    return tuple(
        field if len(types[name]) == len(INPUT_TYPES) else _only_for(field, types[name])
        for name, field in found.items()
    )  # fmt: skip


def _only_for(field: FormField, types: list[str]) -> FormField:
    return replace(field, description=f"{field.description} For {', '.join(types)}.")


SHARED: Mapping[str, Shared] = {
    "flow": Shared("flow", FLOW_FIELDS),
    "input": Shared("input", _fields_of_inputs()),
    "task": Shared("step", fields_of(Task), without_effect(Task)),
    "trigger": Shared("trigger", fields_of(Trigger), without_effect(Trigger)),
}
"""By the kind in the address."""
