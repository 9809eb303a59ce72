"""What the editor's scripts post, as edits of the draft: a field set, a step added, moved, copied or removed."""

from collections.abc import Mapping
from typing import Any

from builder.errors import InvalidInput, Path
from builder.flows.catalogue import Kind
from builder.flows.document import parse
from builder.flows.edit import Duplicate, Edit, Insert, Move, Remove, SetValue, Several, Unset
from builder.flows.edit.intent import free_id, landing, number, step_ids, value_at
from builder.flows.edit.rename import rename, rename_key
from builder.flows.inputs.kinds import FORM
from builder.schedule.picks import chosen
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.form import STEPS
from builder.web.editor.fields.declared import kind_of_path
from builder.web.editor.fields.values import UNSET, meant, meant_entry
from builder.web.editor.steps.spots import (
    Spot,
    follow,
    forget,
    named_by_siblings,
    owner_of,
    property_at,
    spot_of,
)
from builder.web.paths import path_of


def edit_of(body: Mapping[str, Any], data: Any) -> tuple[Edit, Path | None]:
    """The edit that a posted change means, and what is chosen after it (None: what was chosen before)."""
    reader = _READERS.get(str(body.get("do")))
    if reader is None:
        raise InvalidInput(f"The editor has no change named {body.get('do')!r}; reload the page.")
    edit: Edit
    edit, choice = reader(body, path_of(body.get("path")), data)
    return edit, choice


def _field(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    control, raw = str(body.get("control")), body.get("raw")
    value = _cron(raw, data, path) if control == "cron" and isinstance(raw, Mapping) else meant(control, raw)
    if control in ("textarea", "code") and isinstance(value, str) and _ends_with_break(data, path):
        value = value.removesuffix("\n") + "\n"
    if isinstance(raw, bool) and str(raw).lower() == (body.get("default") or "false"):
        value = UNSET
    if path[-1:] == ("id",) and len(path) > 1 and isinstance(value, str):
        return _renamed(data, path, value), None
    return (Unset(path) if value is UNSET else SetValue(path, value)), None


def _renamed(data: Any, path: Path, new: str) -> Edit:
    """Another id, followed by expressions and by the steps beside it that name it."""
    edit = rename(data, path, new)[0]
    known = catalogue()
    followed = follow(named_by_siblings(data, spot_of(data, path[:-1], known), known), new)
    return Several((edit, *followed)) if followed else edit


def _entry(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    """The value of an entry of a map."""
    return SetValue(path, meant_entry(body.get("raw"), value_at(data, path), plain=bool(body.get("plain")))), None


def _put(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    """A new entry of a map, or (without a value) another way of a block."""
    name = str(body.get("name") or "").strip()
    held = _mapping(data, path)
    if not name:
        raise InvalidInput("It needs a name.")
    if name in held:
        raise InvalidInput(f"There is {name} already; choose another name.")
    value = meant_entry(body["raw"], None, plain=bool(body.get("plain"))) if "raw" in body else []
    return SetValue((*path, name), value), None


def _mapping(data: Any, path: Path) -> Mapping[str, Any]:
    """The map at a path; it need not be there yet."""
    try:
        return value_at(data, path) or {}
    except InvalidInput:
        return {}


def _key(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path | None]:
    """Another name for an entry of a map."""
    return rename_key(data, path, str(body.get("raw") or "").strip()), None


def _way(path: Path, data: Any) -> tuple[Edit, Path]:
    """One more way of a block, under a name to be changed."""
    name = free_id("case", set(_mapping(data, path)))
    return SetValue((*path, name), []), path[:-1]


def _cron(choice: Mapping[str, Any], data: Any, path: Path) -> str:
    """The cron expression that a choice of how often means; what the choice leaves open stays as it was."""
    try:
        trigger = value_at(data, path[:-1])
        return chosen(dict(choice), str(trigger.get(path[-1]) or ""))
    except (KeyError, ValueError, AttributeError) as error:
        raise InvalidInput("This choice of times cannot be read; choose it again.") from error


def _ends_with_break(data: Any, path: Path) -> bool:
    """Whether the text there ends its last line, as a `|` block does; the form does not show that."""
    try:
        old = value_at(data, path)
    except InvalidInput:
        return False
    return isinstance(old, str) and old.endswith("\n")


def _variant(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    value = body.get("value")
    return (Unset(path) if value is None else SetValue(path, value)), None


def _add(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    kind, type_name = str(body.get("kind")), str(body.get("type"))
    index = int(body.get("index") or 0)
    if kind == "way":
        return _way(path, data)
    if kind == "task":
        return _add_step(_new_step(type_name, kind, data), path, index, data)
    if kind == "listener":
        value = {"tasks": [_new_step(_FIRST_OF_LISTENER, "task", data)]}
    elif kind in ("input", "output"):
        value = _declared(type_name, kind, path, data)
    else:
        value = _new_step(type_name, kind, data)
    return Insert(path, index, value), (*path, index)


def _add_step(step: dict[str, Any], path: Path, index: int, data: Any) -> tuple[Edit, Path]:
    """As the block around it holds its steps: in a list, in items of a list, or alone."""
    field = property_at(data, path, catalogue())
    if field and field.control == "task":
        return SetValue(path, step), path
    wrap = field.wraps if field else ""
    return Insert(path, index, {wrap: step} if wrap else step), (*path, index, *((wrap,) if wrap else ()))


_FIRST_OF_LISTENER = "io.kestra.plugin.core.log.Log"
"""A listener without a step is no listener."""


def _declared(type_name: str, kind: str, path: Path, data: Any) -> dict[str, Any]:
    """A new input or output with what its type requires."""
    value: dict[str, Any] = {"id": free_id(type_name.lower(), _taken(path, data)), "type": type_name}
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


def _taken(path: Path, data: Any) -> set[str]:
    """The ids in a list of inputs or outputs; it need not be there yet."""
    try:
        items = value_at(data, path)
    except InvalidInput:
        return set()
    return {str(item.get("id")) for item in items or () if isinstance(item, Mapping)}


def _new_step(type_name: str, kind: str, data: Any) -> dict[str, Any]:
    """A new step with what its type requires, as its example has it."""
    known = catalogue()
    plugin = known.plugin_class(type_name, Kind(kind))
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


def _anew(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    """Gives a property what a new use of its type would have, such as another key."""
    trigger = value_at(data, path[:-1])
    given = catalogue().plugin_class(str(trigger.get("type")), Kind.TRIGGER).made_anew()
    if path[-1] not in given:
        raise InvalidInput(f"`{path[-1]}` is not made by the editor; type it.")
    return SetValue(path, given[str(path[-1])]), None


def _insert(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    return Insert(path, int(body.get("index") or 0), body.get("value")), None


def _take_out(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    return Remove(path) if isinstance(path[-1], int) else Unset(path), None


def _shift(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    return _moved(Spot(path), body, data)[0], None


def _remove(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    """A step, and its name with those beside it; what stood above is chosen then."""
    if not path:
        raise InvalidInput("The whole flow cannot be removed here; its page in the list can delete it.")
    known = catalogue()
    spot = spot_of(data, path, known)
    if spot.alone:
        return Unset(path), owner_of(data, path)
    forgotten = forget(data, named_by_siblings(data, spot, known))
    edit: Edit = Several((*forgotten, Remove(spot.path))) if forgotten else Remove(spot.path)
    index = number(spot.path)
    return edit, (*spot.path[:-1], index - 1, *spot.within) if index else owner_of(data, spot.path)


def _duplicate(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    step = value_at(data, path)
    if kind_of_path(path) == "listener":
        raise InvalidInput("A listener has no id to give to a copy; copy its steps, or its text in the YAML.")
    old = str(step.get("id", "step")) if isinstance(step, Mapping) else "step"
    spot = spot_of(data, path, catalogue())
    if spot.alone:
        raise InvalidInput("There is room for one step only; add the copy elsewhere.")
    after = (*spot.path[:-1], number(spot.path) + 1, *spot.within)
    if kind_of_path(path) in ("input", "output"):
        return Insert(path[:-1], number(path) + 1, {**step, "id": free_id(old, _taken(path[:-1], data))}), after
    return Duplicate(spot.path, free_id(old, {name for _, name in step_ids(data)}), spot.within), after


def _move(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    """By a number of places in its list, or to another list."""
    spot = spot_of(data, path, catalogue())
    if spot.alone:
        raise InvalidInput("There is room for one step only, so there is nowhere to move it.")
    return _moved(spot, body, data)


def _moved(spot: Spot, body: Mapping[str, Any], data: Any) -> tuple[Edit, Path]:
    here = spot.path[:-1]
    if "to" in body:
        edit = Move(spot.path, path_of(body["to"]), int(body.get("index") or 0))
        return edit, (*landing(edit), edit.to_index, *spot.within)
    items = value_at(data, here)
    index = min(max(number(spot.path) + int(body.get("by") or 0), 0), len(items) - 1)
    return Move(spot.path, here, index), (*here, index, *spot.within)


_READERS: dict[str, Any] = {
    "field": _field,
    "entry": _entry,
    "put": _put,
    "key": _key,
    "anew": _anew,
    "variant": _variant,
    "insert": _insert,
    "take-out": _take_out,
    "shift": _shift,
    "add": _add,
    "remove": _remove,
    "duplicate": _duplicate,
    "move": _move,
}
