"""The run form of a flow: one control for each input, as plain values that a page or an API can show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from builder.flows.inputs.values import as_text
from builder.flows.model import Input, InputForm
from builder.flows.read import read_inputs


class Control(StrEnum):
    """How a value is asked for."""

    TEXT = "text"
    LINE = "line"
    PASSWORD = "password"
    EMAIL = "email"
    URL = "url"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    SELECT = "select"
    RADIO = "radio"
    COMBO = "combo"
    MULTISELECT = "multiselect"
    LIST = "list"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime-local"
    FILE = "file"
    JSON = "json"
    YAML = "yaml"
    OBJECT = "object"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One control. `value` is what it shows at first: the default or a prefill; of a default that is an expression,
    `default` has the text. `rules` are HTML attributes; `parts` the controls of an OBJECT, or of each row of a TABLE.
    """

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
    default: str = ""
    open: bool = False
    """Whether another value than the choices may be typed."""
    form: InputForm | None = None
    parts: tuple["FormField", ...] = ()
    least: int = 0
    most: int | None = None

    @property
    def has_conditions(self) -> bool:
        """Whether other values decide if it is asked for, or what may be chosen."""
        return bool(self.depends_on or self.expression or (self.form and self.form.depends_on_condition))


_CONTROLS = {
    "STRING": Control.TEXT,
    "SECRET": Control.PASSWORD,
    "INT": Control.NUMBER,
    "FLOAT": Control.NUMBER,
    "BOOL": Control.CHECKBOX,
    "BOOLEAN": Control.RADIO,
    "SELECT": Control.SELECT,
    "MULTISELECT": Control.MULTISELECT,
    "ARRAY": Control.LIST,
    "DATETIME": Control.DATETIME,
    "DATE": Control.DATE,
    "TIME": Control.TIME,
    "DURATION": Control.LINE,
    "FILE": Control.FILE,
    "JSON": Control.JSON,
    "YAML": Control.YAML,
    "ION": Control.YAML,
    "URI": Control.URL,
    "EMAIL": Control.EMAIL,
    "OBJECT": Control.OBJECT,
    "TABLE": Control.TABLE,
}
_PLACEHOLDERS = {
    "DURATION": "PT5M",
    "ARRAY": "one value a line",
    "JSON": '{"key": "value"}',
    "YAML": "key: value",
    "ION": "{key: value}",
    "URI": "https://example.com",
}
_FIRST = "the first choice"
_WHOLE = (Control.JSON, Control.YAML)
_TRUTHS = (Choice("true", "Yes"), Choice("false", "No"))
_LISTED = ("JSON", "YAML", "ION", "FILE", "OBJECT", "TABLE")
"""Items that a line cannot hold: an ARRAY of them is given as JSON."""


def form_fields(inputs: Sequence[Input]) -> list[FormField]:
    """One field for each input, in their order."""
    return [_field(declared) for declared in inputs]


def _field(declared: Input) -> FormField:
    control = _control(declared)
    default = _dynamic(declared)
    value = declared.defaults if declared.has_defaults else declared.properties.get("prefill")
    rows = declared.properties.get("rows") or {}
    return FormField(
        id=declared.id,
        label=declared.display_name or (declared.id.rpartition(".")[2] if declared.form else declared.id),
        control=control,
        required=declared.required and not (declared.has_defaults or default) and control is not Control.CHECKBOX,
        help=declared.description,
        value=None if default else as_text(value) if control in _WHOLE and value is not None else value,
        choices=_TRUTHS if declared.type == "BOOLEAN" else _choices(declared.properties),
        rules=_rules(declared),
        expression=declared.properties.get("expression") or "",
        depends_on=declared.depends_on,
        placeholder=(default if default != _FIRST else "") or _PLACEHOLDERS.get(declared.type, ""),
        default=default,
        open=bool(declared.properties.get("allowCustomValue")),
        form=declared.form,
        parts=tuple(_field(part) for part in _parts(declared)),
        least=rows.get("min") or 0,
        most=rows.get("max"),
    )


def _parts(declared: Input) -> tuple[Input, ...]:
    return read_inputs(declared.properties.get("properties") or declared.properties.get("columns"))


def _dynamic(declared: Input) -> str:
    """What a default is that is only known when it runs: an expression, a file, the first of the choices."""
    if declared.properties.get("autoSelectFirst") and not declared.has_defaults:
        return _FIRST
    text = declared.defaults if isinstance(declared.defaults, str) else ""
    return text if "{{" in text or "{%" in text or declared.type == "FILE" else ""


def _control(declared: Input) -> Control:
    if declared.type == "SELECT" and declared.properties.get("allowCustomValue"):
        return Control.COMBO
    if declared.type == "SELECT" and declared.properties.get("isRadio"):
        return Control.RADIO
    if declared.type == "ARRAY" and declared.properties.get("itemType") in _LISTED:
        return Control.JSON
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
    if declared.type in ("DATE", "TIME", "DATETIME"):
        names = {"after": "min", "before": "max"}
        rules |= {names[key]: as_text(properties[key]).removesuffix("Z") for key in names if key in properties}
    if declared.type in ("TIME", "DATETIME"):
        rules["step"] = "1"
    if declared.type == "FILE":
        endings = properties.get("allowedFileExtensions") or properties.get("extension") or ()
        rules |= {"accept": endings if isinstance(endings, str) else ",".join(map(str, endings))} if endings else {}
    return rules
