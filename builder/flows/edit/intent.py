"""What an edit means for the data: the edits themselves, and the data that must come out of each."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from typing import Any

from builder.errors import InvalidInput, Path, dotted


@dataclass(frozen=True, slots=True)
class SetValue:
    """Put a value at a path; missing mappings on the way are made."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Unset:
    """Take a key away from its mapping."""

    path: Path


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a value into a list; the list is made when it is missing."""

    path: Path
    index: int
    value: Any


@dataclass(frozen=True, slots=True)
class Move:
    """Move an item into a list. `to_path` is where that list stands before the move; `to_index` counts without it.

    `take`: only what the item holds under this key is moved, the rest of it goes. `put`: the key that holds it there.
    """

    path: Path
    to_path: Path
    to_index: int
    take: str = ""
    put: str = ""


@dataclass(frozen=True, slots=True)
class Remove:
    """Take an item out of its list."""

    path: Path


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Copy a step to right after itself, under a new id; steps inside the copy get new ids too.

    `wrap`: the key under which the list item holds the step, for items that hold more than it.
    """

    path: Path
    new_id: str
    wrap: str = ""


@dataclass(frozen=True, slots=True)
class RenameKey:
    """Give a key of a mapping another name; it stays where it stands."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Several:
    """What somebody meant and what follows from it, one after another; each path holds after those before it."""

    main: "Edit"
    before: tuple["Edit", ...] = ()
    after: tuple["Edit", ...] = ()

    @property
    def edits(self) -> tuple["Edit", ...]:
        return (*self.before, self.main, *self.after)


Edit = SetValue | Unset | Insert | Move | Remove | Duplicate | RenameKey | Several


def intended(data: Any, edit: Edit) -> Any:
    """The data after the edit; raises InvalidInput where the edit does not fit the data."""
    if isinstance(edit, Several):
        return reduce(intended, edit.edits, data)
    tree = deepcopy(data)
    if isinstance(edit, SetValue):
        return _set(tree, edit)
    if isinstance(edit, Unset):
        del container(tree, edit.path)[edit.path[-1]]
    elif isinstance(edit, RenameKey):
        _rename(container(tree, edit.path), edit)
    elif isinstance(edit, Insert):
        return _insert(tree, edit.path, edit.index, edit.value)
    elif isinstance(edit, Remove):
        item_list(tree, edit.path).pop(number(edit.path))
    else:
        return _move(tree, edit) if isinstance(edit, Move) else _duplicate(tree, edit)
    return tree


def _duplicate(tree: Any, edit: Duplicate) -> Any:
    items, index = item_list(tree, edit.path), number(edit.path)
    copy = deepcopy(items[index])
    for path, new_id in new_ids(tree, edit).items():
        container(copy, path)["id"] = new_id
    items.insert(index + 1, copy)
    return tree


def value_at(data: Any, path: Path) -> Any:
    """The value at a path; raises InvalidInput when there is none."""
    for depth, part in enumerate(path):
        fits = (
            part in data
            if isinstance(data, Mapping)
            else (isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data))
        )
        if not fits:
            raise InvalidInput(f"There is no {dotted(path[: depth + 1])} in the flow; reload the page and try again.")
        data = data[part]
    return data


def found_at(data: Any, path: Path) -> Any:
    """The value at a path; None where there is none."""
    try:
        return value_at(data, path)
    except InvalidInput:
        return None


def step_of(item: Path, wrap: str) -> Path:
    """Where the step is that a list item holds under this key; "": the item is the step."""
    return (*item, wrap) if wrap else item


def container(data: Any, path: Path) -> Any:
    """The mapping or list that holds the last part of the path, which must be there."""
    if not path:
        raise InvalidInput("The whole flow cannot be removed or moved; choose a part of it.")
    value_at(data, path)
    return value_at(data, path[:-1])


def item_list(data: Any, path: Path) -> list[Any]:
    """The list that holds the item at this path."""
    items = container(data, path)
    if not isinstance(items, list):
        raise InvalidInput(f"{dotted(path)} is not a list item; only steps and list items can be moved or copied.")
    return items


def number(path: Path) -> int:
    """The index that ends the path of a list item."""
    index = path[-1] if path else None
    if not isinstance(index, int):
        raise InvalidInput(f"{dotted(path) or 'The flow'} is no item of a list; reload the page.")
    return index


def landing(edit: Move) -> Path:
    """Where the list that receives a moved item stands once the item is taken out."""
    own, index = edit.path[:-1], number(edit.path)
    if edit.to_path[: len(edit.path)] == edit.path:
        raise InvalidInput(f"{dotted(edit.path)} cannot be moved into itself.")
    after = edit.to_path[len(own)] if len(edit.to_path) > len(own) and edit.to_path[: len(own)] == own else None
    if isinstance(after, int) and after > index:
        return (*own, after - 1, *edit.to_path[len(own) + 1 :])
    return edit.to_path


def new_ids(data: Any, edit: Duplicate) -> dict[Path, str]:
    """The new id of the copied step and of every step inside it, by the id's path within the copy."""
    item = value_at(data, edit.path)
    step = value_at(item, step_of((), edit.wrap))
    if not isinstance(step, Mapping) or "id" not in step:
        raise InvalidInput(f"{dotted(edit.path)} has no id, so it cannot be duplicated.")
    taken = {name for _, name in step_ids(data)} | {edit.new_id}
    fresh: dict[Path, str] = {}
    for path, name in step_ids(item):
        if path == (*step_of((), edit.wrap), "id"):
            fresh[path] = edit.new_id
        else:
            fresh[path] = free_id(name, taken)
            taken.add(fresh[path])
    return fresh


def free_id(name: str, taken: set[str]) -> str:
    """This id, or with the first free number behind it."""
    stem, count = name, 2
    while name in taken:
        name, count = f"{stem}_{count}", count + 1
    return name


def step_ids(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The ids of all mappings that have an id and a type, with their paths."""
    if isinstance(data, Mapping):
        if isinstance(data.get("id"), str) and "type" in data:
            yield (*path, "id"), data["id"]
        for name, value in data.items():
            yield from step_ids(value, (*path, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from step_ids(value, (*path, index))


def same(left: Any, right: Any) -> bool:
    """Equal in value and type all the way down; 1, 1.0 and true differ, the order of keys does not matter."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and (left == right or left != left)


def _set(tree: Any, edit: SetValue) -> Any:
    if not edit.path:
        if not isinstance(edit.value, Mapping):
            raise InvalidInput("A flow is a map of its properties; change it in the YAML.")
        return deepcopy(edit.value)
    tree = {} if tree is None else tree
    at: Any = tree
    for depth, part in enumerate(edit.path[:-1]):
        if isinstance(at, dict) and at.get(part) is None:
            at[part] = {}
        at = value_at(at, (part,)) if isinstance(at, dict | list) else _refuse(edit.path[:depth])
    last = edit.path[-1]
    fits = isinstance(at, dict) or (isinstance(at, list) and isinstance(last, int) and 0 <= last < len(at))
    if not fits:
        _refuse(edit.path[:-1])
    at[last] = deepcopy(edit.value)
    return tree


def _rename(holder: Any, edit: RenameKey) -> None:
    old, new = edit.path[-1], edit.name
    if not isinstance(holder, dict) or not isinstance(old, str):
        raise InvalidInput(f"{dotted(edit.path)} has no name of its own.")
    if not new:
        raise InvalidInput("It needs a name; to be rid of it, remove it.")
    if new != old and new in holder:
        raise InvalidInput(f"{dotted(edit.path[:-1])} has {new} already; choose another name.")
    entries = [(new if name == old else name, value) for name, value in holder.items()]
    holder.clear()
    holder.update(entries)


def _refuse(path: Path) -> Any:
    raise InvalidInput(f"{dotted(path)} holds a single value, so nothing can be set inside it; change it in the YAML.")


def _insert(tree: Any, path: Path, index: int, value: Any) -> Any:
    items = found_at(tree, path)
    if items is None:
        return _set(tree, SetValue(path, [value]))
    if not isinstance(items, list) or not 0 <= index <= len(items):
        raise InvalidInput(f"{dotted(path)} has no place {index}; reload the page and try again.")
    items.insert(index, deepcopy(value))
    return tree


def _move(tree: Any, edit: Move) -> Any:
    item = item_list(tree, edit.path)[number(edit.path)]
    target = landing(edit)
    item_list(tree, edit.path).pop(number(edit.path))
    item = value_at(item, step_of((), edit.take))
    return _insert(tree, target, edit.to_index, {edit.put: item} if edit.put else item)
