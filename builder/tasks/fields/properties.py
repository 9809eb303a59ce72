"""The pydantic base of everything that people write in YAML: tasks, triggers and the maps inside them.

YAML's habits are met here once: null is "not written", JSON text stands for a list or map, a number or truth for text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from builder.errors import Path
from builder.flows.durations import format_duration, parse_duration
from builder.tasks.fields.shapes import Shape, shapes_of

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def holds_template(value: object) -> bool:
    """Whether a value is text that will be rendered before its type is known."""
    return isinstance(value, str) and _TEMPLATE.search(value) is not None


@dataclass(frozen=True, slots=True)
class Rendered:
    """How a property is rendered: "text" (the default), "typed" (a lone expression keeps its type) or "raw" (not)."""

    mode: Literal["text", "typed", "raw"]


def _read_duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("a duration is written as ISO-8601, such as PT30S, PT5M or P1D")
    return parse_duration(value)


class WrongProperty(ValueError):
    """Raised by a validator of a whole type to say which property is wrong; the path is relative to the type."""

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(message)


Duration = Annotated[timedelta, BeforeValidator(_read_duration), PlainSerializer(format_duration)]
"""An ISO-8601 duration such as PT5M."""


def to_kebab(name: str) -> str:
    """`api_key` as `api-key`: the words of Instill's recipes."""
    return name.replace("_", "-")


def to_snake(name: str) -> str:
    """`api_key` as it is: the words of tool definitions."""
    return name


class Properties(BaseModel):
    """A map of known keys, camelCase in YAML. Sub-models of tasks inherit it; unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        coerce_numbers_to_str=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    @model_validator(mode="before")
    @classmethod
    def _read_yaml(cls, written: Any) -> Any:
        if isinstance(written, Mapping):
            kept = {key: value for key, value in written.items() if value is not None or _any(cls, key)}
            return {key: _read(cls, key, value) for key, value in kept.items()}
        return written

    @classmethod
    def takes_expression(cls, name: str) -> bool:
        """Whether an expression in a property, by its Python name, is read."""
        return True

    def written(self) -> dict[str, Any]:
        """What the author wrote, by its YAML names, as JSON values; defaults are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """From YAML, by YAML names alone; raises pydantic's ValidationError."""
        return cls.model_validate(dict(written), by_alias=True, by_name=False)


class AsWritten(Properties):
    """A map that is read as it is written: expressions are read in properties that say `Rendered`, and in no other."""

    @classmethod
    def takes_expression(cls, name: str) -> bool:
        return any(isinstance(item, Rendered) for item in cls.model_fields[name].metadata)


class InstillProperties(Properties):
    """A map of known keys in kebab-case."""

    model_config = ConfigDict(alias_generator=to_kebab)


class ToolProperties(Properties):
    """A map of known keys in snake_case."""

    model_config = ConfigDict(alias_generator=to_snake)


def yaml_names(name: str, field: FieldInfo) -> tuple[str, ...]:
    """The YAML keys of a field, the preferred one first."""
    alias = field.validation_alias or field.alias
    if isinstance(alias, AliasChoices):
        return tuple(choice for choice in alias.choices if isinstance(choice, str))
    return (alias,) if isinstance(alias, str) else (name,)


def field_of(cls: type[BaseModel], key: str) -> tuple[str, FieldInfo] | None:
    """The field (with its Python name) that a YAML key names."""
    return _fields_by_key(cls).get(key)


@cache
def _fields_by_key(cls: type[BaseModel]) -> dict[str, tuple[str, FieldInfo]]:
    return {key: (name, field) for name, field in cls.model_fields.items() for key in yaml_names(name, field)}


def _any(cls: type[BaseModel], key: str) -> bool:
    """Whether null is a value of the property like any other."""
    found = field_of(cls, key)
    return found is not None and found[1].annotation is Any


def _read(cls: type[BaseModel], key: str, value: Any) -> Any:
    found = field_of(cls, key) if isinstance(value, str | bool) else None
    if found is None:
        return value
    shapes = shapes_of(found[1].annotation)
    if isinstance(value, bool):
        return str(value).lower() if Shape.TEXT in shapes and Shape.TRUTH not in shapes else value
    return value if Shape.TEXT in shapes else _from_json(value, shapes)


def _from_json(text: str, shapes: set[Shape]) -> Any:
    wanted = {"[": Shape.LIST, "{": Shape.MAP}.get(text.strip()[:1])
    if wanted not in shapes:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
