"""What the editor's scripts post, as edits of the draft: a field set, a step added, moved, copied or removed."""

from collections.abc import Mapping
from typing import Any

from builder.errors import InvalidInput, Path
from builder.flows.catalogue import Kind
from builder.flows.edit import Edit, Insert, Remove, SetValue, Several, Unset
from builder.flows.edit.intent import found_at, value_at
from builder.flows.edit.rename import rename, rename_key
from builder.schedule.picks import chosen
from builder.tasks.catalogue import catalogue
from builder.web.editor.fields.values import UNSET, meant, meant_entry
from builder.web.editor.steps.moving import duplicate, move, moved, remove
from builder.web.editor.steps.new import add, mapping_at
from builder.web.editor.steps.spots import Spot, follow, named_by_siblings, spot_of
from builder.web.paths import path_of, place_of


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
    known = catalogue()
    siblings = named_by_siblings(data, spot_of(data, path[:-1], known), known)
    return Several(rename(data, path, new), after=follow(siblings, new))


def _entry(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    """The value of an entry of a map."""
    return SetValue(path, meant_entry(body.get("raw"), value_at(data, path), plain=bool(body.get("plain")))), None


def _put(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    """A new entry of a map, or (without a value) another way of a block."""
    name = str(body.get("name") or "").strip()
    held = mapping_at(data, path)
    if not name:
        raise InvalidInput("It needs a name.")
    if name in held:
        raise InvalidInput(f"There is {name} already; choose another name.")
    value = meant_entry(body["raw"], None, plain=bool(body.get("plain"))) if "raw" in body else []
    return SetValue((*path, name), value), None


def _key(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path | None]:
    """Another name for an entry of a map."""
    return rename_key(data, path, str(body.get("raw") or "").strip()), None


def _cron(choice: Mapping[str, Any], data: Any, path: Path) -> str:
    """The cron expression that a choice of how often means; what the choice leaves open stays as it was."""
    try:
        return chosen(dict(choice), str(found_at(data, path) or ""))
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput("This choice of times cannot be read; choose it again.") from error


def _ends_with_break(data: Any, path: Path) -> bool:
    """Whether the text there ends its last line, as a `|` block does; the form does not show that."""
    old = found_at(data, path)
    return isinstance(old, str) and old.endswith("\n")


def _variant(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    value = body.get("value")
    return (Unset(path) if value is None else SetValue(path, value)), None


def _anew(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    """Gives a property what a new use of its type would have, such as another key."""
    type_name = found_at(data, (*path[:-1], "type"))
    given = catalogue().plugin_class(str(type_name), Kind.TRIGGER).made_anew()
    name = str(path[-1]) if path else ""
    if name not in given:
        raise InvalidInput(f"`{name}` is not made by the editor; type it.")
    return SetValue(path, given[name]), None


def _insert(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    return Insert(path, place_of(body.get("index")), body.get("value")), None


def _take_out(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    return Unset(path) if path and isinstance(path[-1], str) else Remove(path), None


def _shift(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, None]:
    return moved(Spot(path), body, data)[0], None


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
    "add": add,
    "remove": remove,
    "duplicate": duplicate,
    "move": move,
}
