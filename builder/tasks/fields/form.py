"""How a property looks in a form: the `Form` annotation, and the fields of a type as the editor draws them.

Nothing here knows a concrete task: labels, controls, groups and bounds are read off the pydantic model.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from builder.flows.durations import format_duration
from builder.tasks.fields.controls import Control, choices_in, control_of, items_of
from builder.tasks.fields.properties import Properties, Rendered, yaml_names
from builder.tasks.fields.shapes import Shape, choices_of, members_of, models_of, shapes_of
from builder.tasks.fields.words import words_of

GROUPS: Mapping[str, str] = {
    "step": "Step",
    "main": "What it does",
    "connection": "Connection",
    "advanced": "Advanced",
    "flow": "When it runs",
    "failure": "If it fails",
}
"""The groups of a form with their headings, in their order; a group of a plug-in's own comes after "advanced"."""


@dataclass(frozen=True, slots=True)
class Form:
    """Annotates a property: `Annotated[str, Form("textarea", group="main")]`. All is optional."""

    control: Control | None = None
    group: str = ""
    label: str = ""
    help: str = ""
    secret: bool = False
    options: tuple[str, ...] = ()
    """Suggestions; the value may be another one."""
    language: str = ""
    """What a code control highlights: "json", "html", "yaml" ..."""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """One property as a form shows it; `name` is its YAML key, `default` and `examples` are text."""

    name: str
    label: str
    control: Control
    group: str
    required: bool
    description: str
    default: str = ""
    examples: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    free: bool = True
    """Whether values other than `options` are allowed."""
    shapes: tuple[Shape, ...] = ()
    """The kinds of value it takes."""
    items: tuple[Shape, ...] = ()
    """The kinds of value that its list or map holds."""
    whole: bool = False
    bounds: Mapping[str, str] = field(default_factory=dict)
    """min, max, above, below, minLength, maxLength, as people write them."""
    secret: bool = False
    language: str = ""
    placeholder: str = ""
    dynamic: bool = True
    """Whether the value may be an expression."""
    late: bool = False
    """Whether it is rendered later than the others, when more is known: in triggers, what started the flow."""
    other_names: tuple[str, ...] = ()
    variants: Mapping[str, tuple["FormField", ...]] = field(default_factory=dict)
    """Nested fields by the kind of sub-model; one entry "" where there is only one kind."""

    @property
    def group_label(self) -> str:
        return GROUPS.get(self.group, self.group.replace("_", " ").capitalize())

    @property
    def fields(self) -> tuple["FormField", ...]:
        """The nested fields of the first (or only) kind."""
        return next(iter(self.variants.values()), ())

    @property
    def wraps(self) -> str:
        """In a list of steps, under which key each item holds its step; "" where the item is the step."""
        return next((one.name for one in self.fields if one.control == "task"), "")


_STATIC = frozenset({"id", "type", "disabled", "retry", "allowFailure", "allowWarning", "logLevel", "logToFile"})
_ORDER = {name: place for place, name in enumerate(("step", "main", "connection", "advanced"))}
_BOUNDS = {
    Ge: ("min", "ge"),
    Gt: ("above", "gt"),
    Le: ("max", "le"),
    Lt: ("below", "lt"),
    MinLen: ("minLength", "min_length"),
    MaxLen: ("maxLength", "max_length"),
}


@cache
def fields_of(model: type[BaseModel], *, hidden: bool = False) -> tuple[FormField, ...]:
    """The properties of a type in the order of its form; `hidden`: those that it leaves out."""
    fields = [_field(model, name, info) for name, info in model.model_fields.items()]
    shown = [one for one in fields if (one.control == "hidden") is hidden]
    return tuple(sorted(shown, key=lambda one: (_rank(one.group), not one.required and one.group == "main")))


def label_of(name: str) -> str:
    """`maxOutputTokens` as `Max output tokens`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", name).split()
    text = " ".join(_WORDS.get(word.lower(), word.lower()) for word in words)
    return text[:1].upper() + text[1:]


_WORDS = {
    "api": "API",
    "url": "URL",
    "uri": "URI",
    "id": "ID",
    "json": "JSON",
    "html": "HTML",
    "http": "HTTP",
    "kv": "KV",
    "ttl": "TTL",
    "cc": "CC",
    "ssl": "SSL",
    "n": "number",
}


def _rank(group: str) -> int:
    return _ORDER.get(group, {"flow": 90, "failure": 91}.get(group, 50))


def _field(model: type[BaseModel], name: str, info: FieldInfo) -> FormField:
    form = next((item for item in info.metadata if isinstance(item, Form)), Form())
    names = yaml_names(name, info)
    choices, shapes = choices_of(info.annotation) or choices_in(info.annotation), shapes_of(info.annotation)
    secret = form.secret or SecretStr in members_of(info.annotation)
    return FormField(
        name=names[0],
        label=form.label or label_of(names[0]),
        control=form.control or control_of(info, secret),
        group=form.group or ("connection" if secret else "main"),
        required=info.is_required(),
        description=form.help or _one_line(info.description or words_of(model).get(name)),
        default=_default(info),
        examples=tuple(as_text(example) for example in info.examples or ()),
        options=form.options or choices,
        free=not choices,
        shapes=tuple(shape for shape in Shape if shape in shapes),
        items=items_of(info.annotation),
        whole=Shape.INTEGER in shapes,
        bounds=_bounds(info),
        secret=secret,
        language=form.language,
        placeholder=form.placeholder,
        dynamic=names[0] not in _STATIC and form.group != "step" and _takes_expression(model, name),
        late=Rendered("raw") in info.metadata,
        other_names=names[1:],
        variants=_variants(info.annotation),
    )


def _takes_expression(model: type[BaseModel], name: str) -> bool:
    return not issubclass(model, Properties) or model.takes_expression(name)


def _variants(annotation: Any) -> dict[str, tuple[FormField, ...]]:
    models = models_of(annotation)
    if len(models) == 1:
        return {"": fields_of(models[0])}
    return {_kind_of(model): fields_of(model) for model in models}


def _kind_of(model: type[BaseModel]) -> str:
    tag = model.model_fields.get("type")
    choices = choices_of(tag.annotation) if tag else ()
    return choices[0] if choices else model.__name__


def _bounds(info: FieldInfo) -> dict[str, str]:
    bounds = [(*_BOUNDS[type(item)], item) for item in info.metadata if type(item) in _BOUNDS]
    return {name: _bound(getattr(item, attribute)) for name, attribute, item in bounds}


def _bound(value: Any) -> str:
    """Numbers without a needless `.0`, durations as ISO-8601."""
    return f"{value:g}" if isinstance(value, int | float) else as_text(value)


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined or info.default is None:
        return ""
    return as_text(info.default)


def as_text(value: Any) -> str:
    """A default or example as people would write it."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, timedelta):
        return format_duration(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
