"""What a value is edited with, as it follows from the kinds of value that a property takes."""

from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from builder.tasks.fields.shapes import Shape, choices_of, members_of, models_of, shapes_of

Control = Literal[
    "text",
    "textarea",
    "code",
    "number",
    "checkbox",
    "select",
    "duration",
    "list",
    "map",
    "messages",
    "yaml",
    "secret",
    "model",
    "cron",
    "zone",
    "tasks",
    "task",
    "ways",
    "siblings",
    "choices",
    "section",
    "hidden",
]
"""What a value is edited with. "section": nested fields; "model": the name of an AI model; "cron" and "zone": when, and
in whose time; "tasks": a list of steps, "task": one step, "ways": lists of steps by name; "siblings": some of the steps
of the same list; "choices": some of its options; "hidden": not in forms."""
STEPS = ("tasks", "task", "ways")
"""Controls of properties that hold steps."""


def control_of(info: FieldInfo, secret: bool) -> Control:
    """The one for a property without a `Form` that names it."""
    shapes = shapes_of(info.annotation)
    if secret:
        return "secret"
    if len(shapes) == 1:
        return _single(next(iter(shapes)), info)
    if shapes == {Shape.TEXT, Shape.CHOICE}:
        return "select"
    if shapes & {Shape.INTEGER, Shape.NUMBER} and not shapes & {Shape.LIST, Shape.MAP}:
        return "number"
    plain = not models_of(info.annotation) and _plain_items(info.annotation)
    return "list" if shapes == {Shape.TEXT, Shape.LIST} and plain else "yaml"


def _single(shape: Shape, info: FieldInfo) -> Control:
    models = models_of(info.annotation)
    if shape is Shape.LIST and choices_in(info.annotation):
        return "choices"
    if shape is Shape.LIST:
        return "list" if models or _plain_items(info.annotation) else "yaml"
    if shape is Shape.MAP:
        direct = any(model in members_of(info.annotation) for model in models)
        return "section" if direct else "yaml" if models or not get_args(info.annotation) else "map"
    return _SINGLE[shape]


_SINGLE: dict[Shape, Control] = {
    Shape.TEXT: "text",
    Shape.CHOICE: "select",
    Shape.INTEGER: "number",
    Shape.NUMBER: "number",
    Shape.TRUTH: "checkbox",
    Shape.DURATION: "duration",
    Shape.MOMENT: "text",
}


def _plain_items(annotation: Any) -> bool:
    held = items_of(annotation)
    return bool(held) and not {Shape.LIST, Shape.MAP} & set(held)


def choices_in(annotation: Any) -> tuple[str, ...]:
    """The choices for the items of a list."""
    lists = [member for member in members_of(annotation) if get_origin(member) is list and get_args(member)]
    return tuple(one for member in lists for one in choices_of(get_args(member)[0]))


def items_of(annotation: Any) -> tuple[Shape, ...]:
    """The kinds of value that a list or map of this annotation holds."""
    arguments = [get_args(member)[-1] for member in members_of(annotation) if get_args(member)]
    found = {shape for item in arguments for shape in shapes_of(item)}
    return tuple(shape for shape in Shape if shape in found)
