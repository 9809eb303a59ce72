"""The run form of a flow: one control for each input, as plain values that a page or an API can show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from builder.flows.input_values import as_text
from builder.flows.model import Input


class Control(StrEnum):
    """How a value is asked for."""

    TEXT = "text"
    PASSWORD = "password"
    EMAIL = "email"
    URL = "url"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    SELECT = "select"
    RADIO = "radio"
    COMBO = "combo"
    MULTISELECT = "multiselect"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime-local"
    FILE = "file"
    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One control. `value` is what it shows at first (the default or a prefill, an expression as written); `rules` are
    HTML attributes (min, max, step, pattern, accept); `dynamic` choices come from `expression` when it is rendered."""

    id: str
    label: str
    control: Control
    required: bool
    help: str = ""
    value: Any = None
    choices: tuple[Choice, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""
    depends_on: tuple[str, ...] = ()
    placeholder: str = ""


_CONTROLS = {
    "STRING": Control.TEXT,
    "SECRET": Control.PASSWORD,
    "INT": Control.NUMBER,
    "FLOAT": Control.NUMBER,
    "BOOL": Control.CHECKBOX,
    "BOOLEAN": Control.CHECKBOX,
    "SELECT": Control.SELECT,
    "MULTISELECT": Control.MULTISELECT,
    "ARRAY": Control.JSON,
    "DATETIME": Control.DATETIME,
    "DATE": Control.DATE,
    "TIME": Control.TIME,
    "DURATION": Control.TEXT,
    "FILE": Control.FILE,
    "JSON": Control.JSON,
    "YAML": Control.YAML,
    "URI": Control.URL,
    "EMAIL": Control.EMAIL,
    "ION": Control.YAML,
    "OBJECT": Control.JSON,
    "TABLE": Control.JSON,
}
_PLACEHOLDERS = {
    "DURATION": "PT5M",
    "ARRAY": '["a", "b"]',
    "JSON": '{"key": "value"}',
    "YAML": "key: value",
    "URI": "https://example.com",
}
_STRUCTURED = (Control.JSON, Control.YAML)


def form_fields(inputs: Sequence[Input]) -> list[FormField]:
    """One field for each input, in their order."""
    return [_field(declared) for declared in inputs]


def _field(declared: Input) -> FormField:
    control = _control(declared)
    value = declared.defaults if declared.has_defaults else declared.properties.get("prefill")
    if control in _STRUCTURED and value is not None:
        value = as_text(value)
    return FormField(
        id=declared.id,
        label=declared.display_name or declared.id,
        control=control,
        required=declared.required and not declared.has_defaults and control is not Control.CHECKBOX,
        help=declared.description,
        value=value,
        choices=_choices(declared.properties),
        rules=_rules(declared),
        expression=declared.properties.get("expression") or "",
        depends_on=declared.depends_on,
        placeholder=_PLACEHOLDERS.get(declared.type, ""),
    )


def _control(declared: Input) -> Control:
    if declared.type == "SELECT" and declared.properties.get("allowCustomValue"):
        return Control.COMBO
    if declared.type == "SELECT" and declared.properties.get("isRadio"):
        return Control.RADIO
    if isinstance(declared.defaults, str) and "{{" in declared.defaults:
        return Control.TEXT if declared.type not in ("SELECT", "MULTISELECT", "FILE") else _CONTROLS[declared.type]
    return _CONTROLS[declared.type]


def _choices(properties: Mapping[str, Any]) -> tuple[Choice, ...]:
    found = []
    for item in properties.get("values") or ():
        if isinstance(item, Mapping):
            value = as_text(item.get("value"))
            found.append(Choice(value, as_text(item.get("label", value))))
        else:
            found.append(Choice(as_text(item), as_text(item)))
    return tuple(found)


def _rules(declared: Input) -> dict[str, str]:
    properties = declared.properties
    rules: dict[str, str] = {}
    if declared.type in ("INT", "FLOAT"):
        rules["step"] = "1" if declared.type == "INT" else "any"
        rules |= {key: as_text(properties[key]) for key in ("min", "max") if key in properties}
    if declared.type in ("DATE", "TIME"):
        names = {"after": "min", "before": "max"}
        rules |= {names[key]: as_text(properties[key]) for key in names if key in properties}
    if "allowedFileExtensions" in properties:
        rules["accept"] = ",".join(map(str, properties["allowedFileExtensions"]))
    return rules
