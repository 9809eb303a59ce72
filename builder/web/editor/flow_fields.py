"""The form fields of what is no task type: the flow itself and its inputs."""

from collections.abc import Mapping
from typing import Any

from builder.flows.input_kinds import INPUT_KINDS
from builder.tasks.form import Control, FormField, label_of

INPUT_TYPES = tuple(name for name in INPUT_KINDS if name not in ("ENUM", "BOOLEAN"))


def _field(
    name: str,
    control: Control,
    description: str,
    *,
    label: str = "",
    group: str = "main",
    **more: Any,
) -> FormField:
    return FormField(
        name=name,
        label=label or label_of(name),
        control=control,
        group=group,
        required=more.pop("required", False),
        description=description,
        **more,
    )


FLOW_FIELDS = (
    _field(
        "id", "text", "The flow's name in its namespace; it stays for ever.", group="step", required=True, dynamic=False
    ),
    _field(
        "namespace", "text", "Where the flow lives, such as company.team.", group="step", required=True, dynamic=False
    ),
    _field("description", "textarea", "What the flow is for; Markdown works.", group="main", dynamic=False),
    _field(
        "labels",
        "map",
        "Words to find its executions by; a name, a colon and a value on each line.",
        dynamic=False,
        placeholder="team: support",
    ),
    _field("variables", "map", "Values that steps read as {{ vars.name }}.", placeholder="region: eu"),
    _field(
        "outputs",
        "yaml",
        "What the flow gives back when it ends: a list of id, type and value.",
        group="advanced",
        placeholder='- id: answer\n  type: STRING\n  value: "{{ outputs.ask.text }}"',
    ),
    _field("disabled", "checkbox", "Triggers do not start it and nobody can run it.", group="flow", default="false"),
    _field(
        "concurrency",
        "yaml",
        "How many executions may run at once; the rest: QUEUE, CANCEL or FAIL.",
        group="flow",
        placeholder="limit: 1\nbehavior: QUEUE",
    ),
    _field(
        "retry",
        "yaml",
        "Whether and when to run the flow again after a failure.",
        group="failure",
        placeholder="type: constant\ninterval: PT1M\nmaxAttempts: 3",
    ),
    _field(
        "pluginDefaults",
        "yaml",
        "Properties that all steps of a type share.",
        group="advanced",
        placeholder="- type: io.kestra.plugin.openai\n  values:\n    apiKey: \"{{ secret('OPENAI_API_KEY') }}\"",
    ),
)

_INPUT_FIELDS = (
    _field("id", "text", "Steps read it as {{ inputs.<id> }}.", group="step", required=True, dynamic=False),
    _field("type", "select", "The kind of value.", group="step", required=True, options=INPUT_TYPES, free=False),
    _field("displayName", "text", "The label in the run form.", label="Label"),
    _field("description", "textarea", "A sentence below the field in the run form."),
    _field("defaults", "text", "The value when nothing is given.", label="Default"),
    _field("required", "checkbox", "Whether a value must be given.", default="true"),
    _field("prefill", "text", "What the run form holds at first; it can be emptied.", group="advanced"),
    _field(
        "dependsOn",
        "yaml",
        "Ask for it only when other inputs have certain values.",
        group="advanced",
        placeholder="inputs: [kind]\ncondition: \"{{ inputs.kind == 'other' }}\"",
    ),
)
_OWN: Mapping[str, tuple[Control, str]] = {
    "validator": ("text", "A regular expression that the whole text must match."),
    "min": ("text", "The least value."),
    "max": ("text", "The greatest value."),
    "after": ("text", "The earliest value."),
    "before": ("text", "The latest value."),
    "values": ("list", "The choices, one a line."),
    "expression": ("text", "An expression that gives the choices."),
    "allowCustomValue": ("checkbox", "Another value than the choices may be typed."),
    "autoSelectFirst": ("checkbox", "The first choice is taken at first."),
    "isRadio": ("checkbox", "Show the choices as buttons."),
    "itemType": ("select", "The type of each item."),
    "allowedFileExtensions": ("list", "Which files may be given, such as .csv; one a line."),
    "jsonSchema": ("yaml", "A JSON Schema that the value must keep."),
}


def input_fields(kind: str) -> tuple[FormField, ...]:
    """The fields of an input of this type."""
    own = [name for name in INPUT_KINDS.get(kind, ()) if name in _OWN]
    more = tuple(
        _field(
            name,
            _OWN[name][0],
            _OWN[name][1],
            default="false" if _OWN[name][0] == "checkbox" else "",
            options=INPUT_TYPES if name == "itemType" else (),
        )
        for name in own
    )
    return _INPUT_FIELDS[:-2] + more + _INPUT_FIELDS[-2:]
