"""Two people edited one flow: their edits of different steps merged line by line, and proved by the data. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.flows.differences import differences
from builder.flows.document import parse

_LISTS = ("inputs", "outputs", "tasks", "errors", "finally", "afterExecution", "triggers")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Merged:
    """`text` None: both changed the same thing; `clashes` name it. `theirs`: what came in from the other side."""

    text: str | None
    theirs: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _Hunk:
    start: int
    end: int
    lines: tuple[str, ...]


def merge(base: str, mine: str, theirs: str) -> Merged:
    """My text with what they changed since `base`."""
    parts = [_parts(text) for text in (base, mine, theirs)]
    if any(part is None for part in parts):
        return Merged(None, clashes=("the text, which cannot be read",))
    old, my, their = (part or {} for part in parts)
    by_me, by_them = _changed(old, my), _changed(old, their)
    clashes = sorted(name for name in by_me & by_them if my.get(name, _MISSING) != their.get(name, _MISSING))
    if clashes:
        return Merged(None, clashes=tuple(clashes))
    expected = {**my, **{name: their[name] for name in by_them if name in their}}
    for name in by_them - their.keys():
        expected.pop(name, None)
    text = _merged_lines(base, mine, theirs)
    if text is None or _parts(text) != expected:
        return Merged(None, clashes=tuple(sorted(by_them)) or ("the layout",))
    return Merged(text, theirs=tuple(sorted(by_them - by_me)))


def _parts(text: str) -> dict[str, Any] | None:
    """What can be edited by itself, by its name: each step, input or trigger, and each other key of the flow."""
    data = parse(text).data
    if not isinstance(data, Mapping):
        return None
    parts: dict[str, Any] = {}
    for key, value in data.items():
        if key in _LISTS and isinstance(value, list):
            parts.update((f"{key}.{_name(item, place)}", item) for place, item in enumerate(value))
        else:
            parts[key] = value
    return parts


def _name(item: Any, place: int) -> str:
    return str(item["id"]) if isinstance(item, Mapping) and "id" in item else str(place)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return {name for name in old.keys() | new.keys() if old.get(name, _MISSING) != new.get(name, _MISSING)}


def _merged_lines(base: str, mine: str, theirs: str) -> str | None:
    lines = base.splitlines(keepends=True)
    hunks = sorted({*_hunks(lines, mine), *_hunks(lines, theirs)})
    merged: list[str] = []
    at = 0
    for before, hunk in zip([None, *hunks], hunks, strict=False):
        if before is not None and (hunk.start < before.end or hunk.start == before.start):
            return None
        merged += [*lines[at : hunk.start], *hunk.lines]
        at = hunk.end
    return "".join([*merged, *lines[at:]])


def _hunks(base: Sequence[str], text: str) -> list[_Hunk]:
    other = text.splitlines(keepends=True)
    found = differences(base, other)
    return [_Hunk(one.start, one.end, tuple(other[one.new_start : one.new_end])) for one in found if not one.same]
