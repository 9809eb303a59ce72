"""Makes the task that really runs: properties rendered, then read again as their types; and writes what came of it."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from builder.errors import BuilderError, TaskFailure
from builder.tasks.plugin import Plugin
from builder.tasks.properties import Rendered, field_of, holds_template
from builder.tasks.sentences import faults_of
from builder.tasks.shapes import Shape, shapes_of

P = TypeVar("P", bound=Plugin)


class Render(Protocol):
    """Renders all text inside a value; `typed` keeps the type of a lone expression."""

    def __call__(self, value: Any, *, typed: bool = False) -> Any: ...


def prepare(plugin: type[P], written: Mapping[str, Any], render: Render) -> P:
    """The task with real values. Only what the author wrote is set; common properties are the engine's and left out.

    Raises TaskFailure that names the property whose template or value is wrong.
    """
    values: dict[str, Any] = {}
    for key, value in written.items():
        if not _is_common(plugin, key):
            rendered = _render(plugin, key, value, render)
            if rendered is not _NOTHING:
                values[key] = rendered
    try:
        return plugin.read(values)
    except ValidationError as error:
        faults = faults_of(error.errors(include_url=False), plugin, values, plugin.short_name(), excuse=False)
        raise TaskFailure("; ".join(fault.message for fault in faults), retryable=False) from None


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


_NOTHING = object()


def _is_common(plugin: type[Plugin], key: str) -> bool:
    found = field_of(plugin, key)
    return found is not None and found[0] in plugin.common


def _render(plugin: type[Plugin], key: str, value: Any, render: Render) -> Any:
    found = field_of(plugin, key)
    mode = "text" if found is None else next((m.mode for m in found[1].metadata if isinstance(m, Rendered)), "text")
    if mode == "raw" or key in ("id", "type"):
        return value
    try:
        rendered = render(value, typed=True) if mode == "typed" else render(value)
    except BuilderError as error:
        raise TaskFailure(f"{key}: {error.message}") from error
    empty = rendered == "" and holds_template(value) and found is not None
    return _NOTHING if empty and found and Shape.TEXT not in shapes_of(found[1].annotation) else rendered


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
