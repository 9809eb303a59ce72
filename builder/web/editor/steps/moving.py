"""Steps moved, copied and removed, as the blocks around them hold them."""

from collections.abc import Mapping
from typing import Any

from builder.errors import InvalidInput, Path
from builder.flows.edit import Duplicate, Edit, Insert, Move, Remove, Several, Unset
from builder.flows.edit.intent import free_id, item_list, landing, number, step_ids, step_of, value_at
from builder.tasks.catalogue import catalogue
from builder.web.editor.fields.declared import kind_of_path
from builder.web.editor.steps.new import ids_in
from builder.web.editor.steps.spots import Spot, forget, named_by_siblings, owner_of, spot_of, wraps_at
from builder.web.paths import path_of, place_of


def remove(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    """A step, and its name with those beside it; what stood above is chosen then."""
    known = catalogue()
    spot = spot_of(data, path, known)
    if spot.alone:
        return Unset(path), owner_of(data, path)
    forgotten = forget(data, named_by_siblings(data, spot, known))
    index = number(spot.path)
    return Several(Remove(spot.path), before=forgotten), spot.beside(index - 1) if index else owner_of(data, spot.path)


def duplicate(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    step = value_at(data, path)
    if kind_of_path(path) == "listener":
        raise InvalidInput("A listener has no id to give to a copy; copy its steps, or its text in the YAML.")
    old = str(step.get("id", "step")) if isinstance(step, Mapping) else "step"
    spot = spot_of(data, path, catalogue())
    if spot.alone:
        raise InvalidInput("There is room for one step only; add the copy elsewhere.")
    after = spot.beside(number(spot.path) + 1)
    if isinstance(step, Mapping) and kind_of_path(path) in ("input", "output"):
        return Insert(path[:-1], number(path) + 1, {**step, "id": free_id(old, ids_in(path[:-1], data))}), after
    return Duplicate(spot.path, free_id(old, {name for _, name in step_ids(data)}), spot.wrap), after


def move(body: Mapping[str, Any], path: Path, data: Any) -> tuple[Edit, Path]:
    """By a number of places in its list, or to another list."""
    spot = spot_of(data, path, catalogue())
    if spot.alone:
        raise InvalidInput("There is room for one step only, so there is nowhere to move it.")
    return moved(spot, body, data)


def moved(spot: Spot, body: Mapping[str, Any], data: Any) -> tuple[Edit, Path]:
    here = spot.path[:-1]
    if "to" in body:
        return _elsewhere(spot, path_of(body["to"]), place_of(body.get("index")), data)
    items = item_list(data, spot.path)
    index = min(max(number(spot.path) + place_of(body.get("by")), 0), len(items) - 1)
    return Move(spot.path, here, index), spot.beside(index)


def _elsewhere(spot: Spot, to: Path, index: int, data: Any) -> tuple[Edit, Path]:
    """To another list, as that one holds its steps; those beside it forget it."""
    known = catalogue()
    put = wraps_at(data, to, known)
    edit = Move(spot.path, to, index, take=spot.wrap, put=put)
    forgotten = forget(data, named_by_siblings(data, spot, known))
    return Several(edit, before=forgotten), step_of((*landing(edit), index), put)
