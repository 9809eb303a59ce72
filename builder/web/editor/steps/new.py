"""What is added to a flow: a step with what its type requires, an input or output, a listener, one more way."""

from collections.abc import Mapping
from typing import Any

from builder.errors import InvalidInput, Path
from builder.flows.catalogue import Kind
from builder.flows.document import parse
from builder.flows.edit import Edit, Insert, SetValue
from builder.flows.edit.intent import found_at, free_id, step_ids, step_of
from builder.flows.inputs.kinds import FORM
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.controls import STEPS
from builder.web.editor.steps.spots import property_at
from builder.web.paths import place_of


def add(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    kind, type_name = str(body.get("kind")), str(body.get("type"))
    index = place_of(body.get("index"))
    if kind == "way":
        return _way(path, data)
    if kind == "task":
        return _add_step(_new_step(type_name, Kind.TASK, data), path, index, data)
    if kind == "listener":
        value = {"tasks": [_new_step(_FIRST_OF_LISTENER, Kind.TASK, data)]}
    elif kind in ("input", "output"):
        value = _declared(type_name, kind, path, data)
    elif kind == "trigger":
        value = _new_step(type_name, Kind.TRIGGER, data)
    else:
        raise InvalidInput(f"The editor adds nothing of the kind {kind!r}; reload the page.")
    return Insert(path, index, value), (*path, index)


def _way(path: Path, data: Any) -> tuple[Edit, Path]:
    """One more way of a block, under a name to be changed."""
    name = free_id("case", set(mapping_at(data, path)))
    return SetValue((*path, name), []), path[:-1]


def _add_step(step: dict[str, Any], path: Path, index: int, data: Any) -> tuple[Edit, Path]:
    """As the block around it holds its steps: in a list, in items of a list, or alone."""
    field = property_at(data, path, catalogue())
    if field and field.control == "task":
        return SetValue(path, step), path
    wrap = field.wraps if field else ""
    return Insert(path, index, {wrap: step} if wrap else step), step_of((*path, index), wrap)


_FIRST_OF_LISTENER = "io.kestra.plugin.core.log.Log"
"""A listener without a step is no listener."""


def _declared(type_name: str, kind: str, path: Path, data: Any) -> dict[str, Any]:
    """A new input or output with what its type requires."""
    value: dict[str, Any] = {"id": free_id(type_name.lower(), ids_in(path, data)), "type": type_name}
    if kind == "output":
        return value | {"value": ""} | ({"itemType": "STRING"} if type_name == "ARRAY" else {})
    return {**value, **_NEEDED.get(type_name, {})}


_NEEDED: Mapping[str, Mapping[str, Any]] = {
    "SELECT": {"values": ["first", "second"]},
    "MULTISELECT": {"values": ["first", "second"]},
    "ARRAY": {"itemType": "STRING"},
    "OBJECT": {"properties": [{"id": "name", "type": "STRING"}]},
    "TABLE": {"columns": [{"id": "name", "type": "STRING"}]},
    FORM: {"inputs": [{"id": "name", "type": "STRING"}]},
}


def ids_in(path: Path, data: Any) -> set[str]:
    """The ids in a list of inputs or outputs; it need not be there yet."""
    items = found_at(data, path)
    listed = items if isinstance(items, list) else ()
    return {str(item.get("id")) for item in listed if isinstance(item, Mapping)}


def _new_step(type_name: str, kind: Kind, data: Any) -> dict[str, Any]:
    """A new step with what its type requires, as its example has it."""
    known = catalogue()
    plugin = known.plugin_class(type_name, kind)
    entry = known.find(type_name)
    example = parse(plugin.example).data if plugin.example else None
    example = example[0] if isinstance(example, list) and example else example
    written = example if isinstance(example, Mapping) else {}
    required = [one.name for one in entry.fields if one.required and one.control not in STEPS] if entry else []
    return {
        "id": free_id(_stem(plugin.short_name()), {name for _, name in step_ids(data)}),
        "type": plugin.type_name,
        **{name: written[name] for name in required if name in written and name not in ("id", "type")},
        **plugin.made_anew(),
    }


def _stem(short: str) -> str:
    return "".join(("_" if char.isupper() and at else "") + char.lower() for at, char in enumerate(short))


def mapping_at(data: Any, path: Path) -> Mapping[str, Any]:
    """The map at a path; it need not be there yet."""
    found = found_at(data, path)
    return found if isinstance(found, Mapping) else {}
