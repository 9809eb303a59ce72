"""The form fields of declared inputs and outputs, by their type."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from builder.errors import Path
from builder.flows.inputs.kinds import CELL_KINDS, FORM, INPUT_KINDS
from builder.tasks.fields.controls import Control
from builder.tasks.fields.form import FormField, as_text, label_of

OUTPUT_TYPES = tuple(name for name in INPUT_KINDS if name not in ("ENUM", "BOOLEAN"))
INPUT_TYPES = (*OUTPUT_TYPES, FORM)
_CELL_TYPES = tuple(name for name in CELL_KINDS if name in OUTPUT_TYPES)
DECLARING = ("inputs", "onResume")
"""Lists of inputs: the flow's, a FORM's, what a Pause asks for."""


def kind_of_path(path: Path) -> str:
    """What stands at a path: "flow", "input", "output", "trigger", "listener" or "task"."""
    if not path:
        return "flow"
    if path[0] == "listeners" and len(path) == 2:
        return "listener"
    if path[0] in ("triggers", "outputs"):
        return "trigger" if path[0] == "triggers" else "output"
    return "input" if path[0] == "inputs" or (len(path) > 2 and path[-2] in DECLARING) else "task"


def _field(name: str, control: Control, description: str, *, label: str = "", **more: object) -> FormField:
    given = {"group": "main", "required": False, **more}
    return FormField(name=name, label=label or label_of(name), control=control, description=description, **given)  # type: ignore[arg-type]


_ID = _field("id", "text", "Steps read it as {{ inputs.<id> }}.", group="step", required=True, dynamic=False,
             other_names=("name",))  # fmt: skip
_TYPE = _field("type", "select", "The kind of value.", group="step", required=True, options=INPUT_TYPES, free=False)
_LABEL = _field("displayName", "text", "The label in the run form.", label="Label")
_HELP = _field("description", "textarea", "A sentence below the field in the run form.")
_REQUIRED = _field("required", "checkbox", "Whether a value must be given.", default="true")
_DEPENDS = _field(
    "dependsOn",
    "section",
    "Ask for it only when other inputs have certain values.",
    group="advanced",
    label="Only if",
    variants={
        "": (
            _field("inputs", "list", "The inputs that the condition reads, one a line.", placeholder="kind"),
            _field(
                "condition",
                "text",
                "Asked for while this gives true.",
                placeholder="{{ inputs.kind == 'other' }}",
            ),
        )
    },
)
_DEFAULT_CONTROLS: Mapping[str, Control] = {
    "BOOL": "select",
    "JSON": "code",
    "YAML": "yaml",
    "ION": "code",
    "ARRAY": "list",
    "MULTISELECT": "list",
    "OBJECT": "yaml",
    "TABLE": "yaml",
    "INT": "number",
    "FLOAT": "number",
    "STRING": "textarea",
}
_DEFAULT_PLACEHOLDERS: Mapping[str, str] = {
    "FILE": "nsfile:///folder/file.csv",
    "DATE": "2026-01-31",
    "TIME": "08:30:00",
    "DATETIME": "2026-01-31T08:30:00Z",
    "DURATION": "PT5M",
    "SECRET": "{{ secret('NAME') }}",
}
_CHOICE = (
    _field("value", "text", "What steps read.", required=True),
    _field("label", "text", "What the run form shows."),
)
_BOUND = {
    "INT": "number", "FLOAT": "number", "DURATION": "text", "DATE": "text", "TIME": "text", "DATETIME": "text",
}  # fmt: skip


def _cell(kind: str) -> tuple[FormField, ...]:
    """A property of an OBJECT, or a column of a TABLE."""
    name = replace(_ID, group="main", description="Read below the input, as .<id>.")
    return (name, _LABEL, replace(_REQUIRED, group="main"), *_own(kind))


@cache
def _cells() -> Mapping[str, tuple[FormField, ...]]:
    return {kind: _cell(kind) for kind in _CELL_TYPES}


def _own_field(name: str, kind: str) -> FormField | None:
    """The field of a property that only some types have; None for an older name, which its field knows."""
    bound: Control = _BOUND.get(kind, "text")  # type: ignore[assignment]
    example = _DEFAULT_PLACEHOLDERS.get(kind, "")
    bounds = _field("rows", "section", "How many rows there may be.", variants={"": (
        _field("min", "number", "At least this many."), _field("max", "number", "At most this many."))})  # fmt: skip
    known = {
        "validator": _field("validator", "text", "A regular expression that the whole text must match."),
        "min": _field("min", bound, "The least value.", placeholder=example),
        "max": _field("max", bound, "The greatest value.", placeholder=example),
        "after": _field("after", bound, "The earliest value.", placeholder=example),
        "before": _field("before", bound, "The latest value.", placeholder=example),
        "values": _field("values", "list", "The choices, one a line.", variants={"": _CHOICE},
                         other_names=("options",)),
        "expression": _field("expression", "text", "An expression that gives the choices, in place of values."),
        "allowCustomValue": _tick("allowCustomValue", "Another value than the choices may be typed.", "allowInput"),
        "autoSelectFirst": _tick("autoSelectFirst", "The first choice is taken at first."),
        "isRadio": _tick("isRadio", "Show the choices as buttons.") if kind != "MULTISELECT" else None,
        "itemType": _field("itemType", "select", "The type of each item.", options=_CELL_TYPES, free=False,
                           required=kind == "ARRAY"),
        "allowedFileExtensions": _field("allowedFileExtensions", "list", "Which files may be given; one ending a line.",
                                        placeholder=".csv", other_names=("extension",)),
        "jsonSchema": _field("jsonSchema", "yaml", "A JSON Schema that the value must keep.",
                             placeholder="type: object\nrequired: [name]"),
        "properties": _field("properties", "list", "What the object holds.", variants=_cells_of(name)),
        "columns": _field("columns", "list", "What each row holds.", variants=_cells_of(name)),
        "rows": bounds,
    }  # fmt: skip
    return known.get(name)


def _cells_of(name: str) -> Mapping[str, tuple[FormField, ...]]:
    return _cells() if name in ("properties", "columns") else {}


def _tick(name: str, description: str, *other_names: str) -> FormField:
    return _field(name, "checkbox", description, default="false", other_names=other_names)


def _own(kind: str) -> tuple[FormField, ...]:
    fields = (_own_field(name, kind) for name in INPUT_KINDS.get(kind, ()))
    return tuple(field for field in fields if field is not None)


def _default(kind: str) -> FormField:
    options = ("true", "false") if kind == "BOOL" else ()
    return _field(
        "defaults", _DEFAULT_CONTROLS.get(kind, "text"), "The value when nothing is given; it may be an expression.",
        label="Default", placeholder=_DEFAULT_PLACEHOLDERS.get(kind, ""), options=options,
    )  # fmt: skip


@cache
def input_fields(kind: str) -> tuple[FormField, ...]:
    """The fields of an input of this type."""
    if kind == FORM:
        return (_ID, _TYPE, _LABEL, _HELP, _DEPENDS)
    default = _default(kind)
    prefill = replace(
        default, name="prefill", label="Prefill", group="advanced",
        description="What the run form holds at first, for an input that may be emptied.",
    )  # fmt: skip
    return (_ID, _TYPE, _LABEL, _HELP, default, _REQUIRED, *_own(kind), prefill, _DEPENDS)


def value_fields(declared: Any) -> tuple[FormField, ...]:
    """The fields of the values for these inputs, as they are declared in a flow."""
    items = [one for one in declared if isinstance(one, Mapping)] if isinstance(declared, list) else []
    return tuple(_value_field(one, str(one.get("id") or one.get("name"))) for one in items)


def _value_field(written: Mapping[str, Any], name: str) -> FormField:
    kind = str(written.get("type"))
    inside = value_fields(written.get("inputs")) if kind == FORM else ()
    default, choices = written.get("defaults"), written.get("values")
    one = replace(
        _default(kind), name=name, label=str(written.get("displayName") or label_of(name)), placeholder="",
        description=str(written.get("description") or f"An input of the flow, of the type {kind}."),
        required=not inside and written.get("required") is not False and default is None,
        default="" if default is None else as_text(default),
    )  # fmt: skip
    if inside:
        return replace(one, control="section", variants={"": inside})
    return replace(one, options=tuple(map(_choice, choices))) if isinstance(choices, list) else one


def _choice(written: Any) -> str:
    return str(written.get("value") if isinstance(written, Mapping) else written)


@cache
def output_fields(kind: str) -> tuple[FormField, ...]:
    """The fields of an output of this type."""
    item = _own_field("itemType", kind) if kind == "ARRAY" else None
    return (
        replace(_ID, other_names=(), description="Who calls the flow reads it by this name."),
        replace(_TYPE, options=OUTPUT_TYPES),
        _field("value", "textarea", "What it gives.", required=True, placeholder="{{ outputs.ask.text }}"),
        *((item,) if item else ()),
        replace(_LABEL, description="What people call it."),
        replace(_HELP, description="What it is."),
        replace(_REQUIRED, description="The execution fails when it cannot be had; else it is left out."),
    )
