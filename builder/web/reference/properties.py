"""Properties, outputs and their nested parts as the reference tells them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from builder.tasks.fields.form import FormField, fields_of
from builder.tasks.fields.properties import yaml_names
from builder.tasks.fields.shapes import Shape, models_of, shapes_of
from builder.tasks.fields.words import words_of
from builder.tasks.plugin import Plugin

_WORDS: Mapping[Shape, str] = {
    Shape.TEXT: "text", Shape.CHOICE: "one of a few", Shape.INTEGER: "whole number", Shape.NUMBER: "number",
    Shape.TRUTH: "true or false", Shape.DURATION: "duration", Shape.MOMENT: "date and time", Shape.LIST: "list",
    Shape.MAP: "map",
}  # fmt: skip
_LIMITS: Mapping[str, str] = {
    "min": "at least {}", "above": "more than {}", "max": "at most {}", "below": "less than {}",
    "minLength": "at least {} long", "maxLength": "at most {} long",
}  # fmt: skip
_CONTROLS = {"tasks": "steps", "messages": "list of messages", "secret": "text"}
_UNSHAPED = {"checkbox": "true or false", "select": "one of a few", "list": "list", "map": "map", "yaml": "list or map"}
"""Of fields that are drawn by hand: what their control takes."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its place in the type, the form's field, what it takes, and what is inside by its kind."""

    path: str
    field: FormField
    kind: str
    limits: str
    parts: tuple[tuple[str, tuple["Property", ...]], ...]

    @property
    def anchor(self) -> str:
        """Where it stands on its page."""
        return f"property-{self.path}"

    @property
    def sample(self) -> str:
        """What an empty box in the form shows, where there is no example."""
        return "" if self.field.examples else self.field.placeholder

    @property
    def default(self) -> str:
        """An empty list or map goes without saying."""
        return "" if self.field.default in ("[]", "{}") else self.field.default


@dataclass(frozen=True, slots=True)
class Group:
    """The properties under one heading of the form."""

    heading: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """One output; `parts` are those inside it."""

    name: str
    kind: str
    description: str
    parts: tuple["Output", ...]


def groups(fields: Iterable[FormField]) -> tuple[Group, ...]:
    """Properties under the headings of the form, in its order."""
    found: dict[str, list[Property]] = {}
    for field in fields:
        heading = "Name" if field.group == "step" else field.group_label
        found.setdefault(heading, []).append(told(field))
    return tuple(Group(heading, tuple(properties)) for heading, properties in found.items())


def own_and_common(plugin: type[Plugin]) -> tuple[tuple[FormField, ...], tuple[FormField, ...]]:
    """The fields that a type has for itself, and those that all of its kind have."""
    shared = {name for base in ("id", "type", *plugin.common) for name in _names(plugin, base)}
    fields = fields_of(plugin)
    return (
        tuple(field for field in fields if field.name not in shared),
        tuple(field for field in fields if field.name in shared),
    )


def without_effect(plugin: type[Plugin]) -> tuple[str, ...]:
    """The properties that are accepted but not shown in a form."""
    shown = {name for field in fields_of(plugin) for name in (field.name, *field.other_names)}
    return tuple(name for base in plugin.model_fields for name in _names(plugin, base)[:1] if name not in shown)


def told(field: FormField, above: str = "") -> Property:
    """`above`: the path of what it stands in, with a dot."""
    path = above + field.name
    parts = tuple(
        (kind, tuple(told(inner, f"{path}.{kind}." if kind else f"{path}.") for inner in fields))
        for kind, fields in field.variants.items()
    )
    bounds = ((words, field.bounds[name]) for name, words in _LIMITS.items() if name in field.bounds)
    limits = ", ".join(words.format(bound) for words, bound in bounds)
    by_shape = _kind(set(field.shapes)) if field.shapes else _UNSHAPED.get(field.control, "text")
    return Property(path, field, _CONTROLS.get(field.control, by_shape), limits, parts)


def outputs(plugin: type[Plugin]) -> tuple[Output, ...]:
    """What a type gives to what comes after it; none for blocks of steps and tasks that only do something."""
    model = plugin.declared_outputs()
    return _outputs(model, ()) if model else ()


def _outputs(model: type[BaseModel], above: tuple[type[BaseModel], ...]) -> tuple[Output, ...]:
    """`above`: the models this one stands in, so that one that holds itself ends."""
    found = []
    for name, info in model.model_fields.items():
        inner = [one for one in models_of(info.annotation) if one not in (model, *above)]
        parts = _outputs(inner[0], (*above, model)) if len(inner) == 1 else ()
        written = info.serialization_alias or info.alias or name
        description = " ".join((info.description or words_of(model).get(name, "")).split())
        found.append(Output(written, _kind(shapes_of(info.annotation)), description, parts))
    return tuple(found)


def _names(plugin: type[Plugin], base: str) -> tuple[str, ...]:
    return yaml_names(base, plugin.model_fields[base])


def _kind(shapes: set[Shape]) -> str:
    if len(shapes) == len(Shape):
        return "any value"
    if Shape.NUMBER in shapes:
        shapes = shapes - {Shape.INTEGER}
    return " or ".join(_WORDS[shape] for shape in Shape if shape in shapes)


def flat(properties: Iterable[Property]) -> Iterator[Property]:
    """Every property, nested ones after the one that they stand in."""
    for one in properties:
        yield one
        for _, inner in one.parts:
            yield from flat(inner)
