"""Makes the task that really runs: properties rendered, then read again as their types; and writes what came of it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from builder.errors import BuilderError, Path, TaskFailure, dotted
from builder.tasks.fields.properties import Properties, Rendered, field_of, holds_template
from builder.tasks.fields.sentences import faults_of
from builder.tasks.fields.shapes import Shape, members_of, model_for, shapes_of
from builder.tasks.plugin import Plugin
from builder.tasks.world.offers import Render

P = TypeVar("P", bound=Plugin)
M = TypeVar("M", bound=Properties)


def prepare(plugin: type[P], written: Mapping[str, Any], render: Render) -> P:
    """The task with real values. Only what the author wrote is set; common properties are the engine's and left out.

    Raises TaskFailure that names the property whose template or value is wrong.
    """
    own = {key: value for key, value in written.items() if not _is_common(plugin, key)}
    values = _rendered(plugin, own, render, ())
    try:
        return plugin.read(values)
    except ValidationError as error:
        raise _unreadable(error, plugin, values, plugin.short_name()) from None


def prepare_properties(model: type[M], written: Mapping[str, Any], render: Render) -> M:
    """A map inside of a task or trigger, with real values. Raises TaskFailure as `prepare` does."""
    values = _rendered(model, written, render, ())
    try:
        return model.read(values)
    except ValidationError as error:
        raise _unreadable(error, model, values, model.__name__) from None


def _unreadable(error: ValidationError, model: type[BaseModel], values: Mapping[str, Any], subject: str) -> TaskFailure:
    faults = faults_of(error.errors(include_url=False), model, values, subject, excuse=False)
    return TaskFailure("; ".join(fault.message for fault in faults), retryable=False)


def secrets_of(task: BaseModel) -> list[str]:
    """The values of all secret fields, so that the runner can mask them."""
    found: list[str] = []
    for name in type(task).model_fields:
        found += _secrets_in(getattr(task, name))
    return found


def dump_outputs(outputs: Any) -> dict[str, Any]:
    """What `run` returned, as JSON values by their YAML names."""
    if outputs is None:
        return {}
    if isinstance(outputs, BaseModel):
        return outputs.model_dump(mode="json", by_alias=True)
    if isinstance(outputs, Mapping):
        return {str(key): _plain(value) for key, value in outputs.items()}
    raise TypeError(f"run must return a pydantic model, a mapping or None, not {type(outputs).__name__}")


def _is_common(plugin: type[Plugin], key: str) -> bool:
    found = field_of(plugin, key)
    return found is not None and found[0] in plugin.common


def _rendered(model: type[BaseModel], written: Mapping[str, Any], render: Render, path: Path) -> dict[str, Any]:
    """The properties of a model rendered, each in its own way; a number or choice that came to "" is left out."""
    values: dict[str, Any] = {}
    for key, value in written.items():
        found = field_of(model, key)
        if found is None or (not path and key in ("id", "type")):
            values[key] = _render(value, "text", render, (*path, key)) if found is None else value
            continue
        rendered = _property(found[1], value, render, (*path, key))
        if rendered != "" or not holds_template(value) or Shape.TEXT in shapes_of(found[1].annotation):
            values[key] = rendered
    return values


def _property(field: FieldInfo, value: Any, render: Render, path: Path) -> Any:
    mode = next((item.mode for item in field.metadata if isinstance(item, Rendered)), None)
    model = model_for(field.annotation, value) if mode is None else None
    if model is None or not isinstance(value, Mapping | list):
        return _render(value, mode or "text", render, path)
    if isinstance(value, list):
        return [_item(field, part, render, (*path, place)) for place, part in enumerate(value)]
    direct = model in members_of(field.annotation)
    return _rendered(model, value, render, path) if direct else _render(value, "text", render, path)


def _item(field: FieldInfo, part: Any, render: Render, path: Path) -> Any:
    model = model_for(field.annotation, part)
    if model is None or not isinstance(part, Mapping):
        return _render(part, "text", render, path)
    return _rendered(model, part, render, path)


def _render(value: Any, mode: str, render: Render, path: Path) -> Any:
    if mode == "raw":
        return value
    try:
        return render(value, typed=True) if mode == "typed" else render(value)
    except BuilderError as error:
        raise TaskFailure(f"{dotted(path)}: {error.message}") from error


def _secrets_in(value: Any) -> list[str]:
    if isinstance(value, SecretStr):
        return [value.get_secret_value()] if value.get_secret_value() else []
    if isinstance(value, BaseModel):
        return secrets_of(value)
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [secret for part in parts for secret in _secrets_in(part)]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
