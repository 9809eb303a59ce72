"""Where steps stand, by the model of the block around them: as items of a list, inside such items, or alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.errors import InvalidInput, Path
from builder.flows.edit.intent import Edit, Remove, SetValue, Unset, found_at, step_of, value_at
from builder.tasks.catalogue import Catalogue
from builder.tasks.fields.form import FormField


@dataclass(frozen=True, slots=True)
class Spot:
    """What is moved, copied and removed with a step: a list item, which may hold it under a key; or a property."""

    path: Path
    wrap: str = ""
    alone: bool = False

    def beside(self, index: int) -> Path:
        """Where the step of another item of the same list is."""
        return step_of((*self.path[:-1], index), self.wrap)


def spot_of(data: Any, path: Path, catalogue: Catalogue) -> Spot:
    """The spot of the step at a path. Raises InvalidInput."""
    if not path:
        raise InvalidInput("The whole flow cannot be moved, copied or removed here; choose a part of it.")
    if isinstance(path[-1], int):
        return Spot(path)
    if len(path) > 2 and isinstance(path[-2], int) and wraps_at(data, path[:-2], catalogue) == path[-1]:
        return Spot(path[:-1], str(path[-1]))
    return Spot(path, alone=True)


def wraps_at(data: Any, path: Path, catalogue: Catalogue) -> str:
    """Under which key the items of the list at a path hold their step; "" where they are steps."""
    field = property_at(data, path, catalogue)
    return field.wraps if field else ""


def property_at(data: Any, path: Path, catalogue: Catalogue) -> FormField | None:
    """The property of a task that a path ends with; it need not be written yet."""
    owner = found_at(data, path[:-1])
    if len(path) < 2 or not isinstance(owner, Mapping):
        return None
    entry = catalogue.find(str(owner.get("type")))
    return next((one for one in entry.fields if path[-1] in (one.name, *one.other_names)), None) if entry else None


def owner_of(data: Any, path: Path) -> Path:
    """The nearest step (or listener, or the flow) around a path."""
    while path:
        path = path[:-1]
        found = found_at(data, path)
        if isinstance(found, Mapping) and ("type" in found or (len(path) == 2 and path[0] == "listeners")):
            break
    return path


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another step of the same list, as a choice. `waits`: it waits for this one already, so this cannot for it."""

    id: str
    chosen: bool = False
    waits: bool = False
    missing: bool = False


def siblings_of(data: Any, place: Path, wrap: str) -> tuple[Sibling, ...]:
    """The steps to choose from for the property at `place`, beside the step of its item; those that it names and that
    are not there come last."""
    items, number, name = found_at(data, place[:-2]), place[-2], place[-1]
    assert isinstance(number, int)
    edges = {_id(item, wrap): _named(item, name) for item in items or ()}
    own = _id(items[number], wrap)
    chosen = edges.get(own, [])
    after = _reached(own, edges)
    there = [Sibling(one, one in chosen, one in after) for one in edges if one != own]
    return (*there, *(Sibling(one, True, missing=True) for one in chosen if one not in edges or one == own))


def _id(item: Any, wrap: str) -> str:
    step = item.get(wrap) if isinstance(item, Mapping) else None
    return str(step.get("id")) if isinstance(step, Mapping) else ""


def _named(item: Any, name: str | int) -> list[str]:
    named = item.get(name) if isinstance(item, Mapping) else None
    return [str(one) for one in named] if isinstance(named, list) else []


def _reached(start: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    """Those that wait for a step, directly or by others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        new = {name for name, others in edges.items() if one in others} - found
        found |= new
        waiting += new
    return found


def named_by_siblings(data: Any, spot: Spot, catalogue: Catalogue) -> Iterator[Path]:
    """Where the other items of its list name the step at a spot, the last of each list first."""
    if not spot.wrap:
        return
    field = property_at(data, spot.path[:-1], catalogue)
    own = _id(value_at(data, spot.path), spot.wrap)
    names = [one.name for one in field.fields if one.control == "siblings"] if field else []
    for index, item in enumerate(value_at(data, spot.path[:-1])):
        for name in names if _id(item, spot.wrap) != own else ():
            named = _named(item, name)
            yield from (
                (*spot.path[:-1], index, name, place) for place in reversed(range(len(named))) if named[place] == own
            )


def follow(places: Iterator[Path], new: str) -> tuple[Edit, ...]:
    """The edits that write a step's new id where its siblings name it."""
    return tuple(SetValue(place, new) for place in places)


def forget(data: Any, places: Iterator[Path]) -> tuple[Edit, ...]:
    """The edits that take a step's id away where its siblings name it."""
    edits: list[Edit] = []
    for place in places:
        alone = len(value_at(data, place[:-1])) == 1
        edits.append(Unset(place[:-1]) if alone else Remove(place))
    return tuple(edits)
