"""What kinds of YAML value a Python annotation takes, for reading, rendering and forms alike."""

import types
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from typing_extensions import TypeAliasType


class Shape(StrEnum):
    """A kind of YAML value."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"
    DURATION = "duration"
    MOMENT = "moment"
    LIST = "list"
    MAP = "map"


_PLAIN: dict[Any, Shape] = {
    str: Shape.TEXT,
    SecretStr: Shape.TEXT,
    bytes: Shape.TEXT,
    int: Shape.INTEGER,
    float: Shape.NUMBER,
    bool: Shape.TRUTH,
    timedelta: Shape.DURATION,
    datetime: Shape.MOMENT,
    date: Shape.MOMENT,
}


def members_of(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of an annotation: unions opened, Annotated and None taken off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return members_of(get_args(annotation)[0])
    if isinstance(annotation, TypeAliasType):
        return members_of(annotation.__value__)
    if origin in (Union, types.UnionType):
        return tuple(member for part in get_args(annotation) for member in members_of(part))
    return () if annotation is types.NoneType else (annotation,)


@cache
def _shapes(annotation: Any) -> frozenset[Shape]:
    return frozenset(shape for member in members_of(annotation) for shape in _shapes_of_member(member))


def shapes_of(annotation: Any) -> set[Shape]:
    """The kinds of value that an annotation takes; `Any` takes all."""
    try:
        return set(_shapes(annotation))
    except TypeError:  # an unhashable Annotated argument
        return {shape for member in members_of(annotation) for shape in _shapes_of_member(member)}


def _shapes_of_member(member: Any) -> set[Shape]:
    if member is Any or member is object:
        return set(Shape)
    if member in _PLAIN:
        return {_PLAIN[member]}
    origin = get_origin(member) or member
    if origin is Literal or (isinstance(origin, type) and issubclass(origin, Enum)):
        return {Shape.CHOICE}
    if isinstance(origin, type) and issubclass(origin, list | tuple | set | frozenset):
        return {Shape.LIST}
    return {Shape.MAP}


def choices_of(annotation: Any) -> tuple[str, ...]:
    """The values of a Literal or Enum, in their order."""
    found: list[str] = []
    for member in members_of(annotation):
        if get_origin(member) is Literal:
            found += [str(value) for value in get_args(member)]
        elif isinstance(member, type) and issubclass(member, Enum):
            found += [str(value.value) for value in member]
    return tuple(found)


def models_of(annotation: Any) -> tuple[type[BaseModel], ...]:
    """The sub-models an annotation takes, directly or as the items of a list or values of a map."""
    found: list[type[BaseModel]] = []
    for member in members_of(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            found.append(member)
        elif get_origin(member) in (list, tuple, dict):
            found += models_of(get_args(member)[-1]) if get_args(member) else ()
    return tuple(found)


def model_for(annotation: Any, value: Any) -> type[BaseModel] | None:
    """The sub-model that a written map is meant for: the only one, or the one its `type` names."""
    models = models_of(annotation)
    if len(models) > 1 and isinstance(value, Mapping):
        named = (model for model in models if value.get("type") in _types_of(model))
        return next(named, models[0])
    return models[0] if models else None


def _types_of(model: type[BaseModel]) -> tuple[str, ...]:
    field = model.model_fields.get("type")
    return choices_of(field.annotation) if field is not None else ()
