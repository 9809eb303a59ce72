"""Edits a flow's text by splicing: only the characters that must change do, proved by parsing it again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.errors import InvalidInput, Path, dotted
from builder.flows.document import Document, parse, parse_kept
from builder.flows.edit.intent import (
    Duplicate,
    Edit,
    Insert,
    Move,
    Remove,
    RenameKey,
    SetValue,
    Several,
    Unset,
    intended,
    item_list,
    landing,
    new_ids,
    number,
    same,
    value_at,
)
from builder.flows.edit.items import insert, insert_text, item_text, move, moved_text, remove
from builder.flows.edit.keys import rename_key, set_value, unset
from builder.flows.edit.layout import NotSpliceable, Page
from builder.flows.edit.write import block_mapping

__all__ = ["Duplicate", "Edit", "Edited", "Insert", "Move", "Remove", "RenameKey", "SetValue", "Several", "Unset",
           "apply", "edit_from_json"]  # fmt: skip

Small = SetValue | Unset | Insert | Remove | RenameKey
"""An edit that is spliced by itself."""

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Edited:
    """A new text; `changed` is the span in it that differs from the old one. `rewritten`: layout inside is lost."""

    text: str
    changed: tuple[int, int]
    rewritten: bool = False


def apply(text: str, edit: Edit) -> Edited:
    """The text after the edit. Raises InvalidInput when the text cannot be read or the edit does not fit it."""
    if isinstance(edit, Several):
        return _one_after_another(text, edit.edits)
    plain = _BREAK.sub("\n", text)
    document = _read(plain)
    goal = intended(document.data, edit)
    if same(document.data, goal):
        return Edited(text, (0, 0))
    rewritten = False
    if isinstance(edit, Duplicate | Move):
        document, rewritten = _carry(document, edit, goal)
    else:
        for small in _refine(document.data, edit):
            document, again = _step(document, small)
            rewritten = rewritten or again
    if not same(document.data, goal):
        document, rewritten = _rewrite(_read(plain), (), goal), True
    return _edited(text, plain, document.text, rewritten)


def _one_after_another(text: str, edits: Sequence[Edit]) -> Edited:
    now, rewritten = text, False
    for edit in edits:
        done = apply(now, edit)
        now, rewritten = done.text, rewritten or done.rewritten
    start = _common(text, now)
    ending = _common(text[start:][::-1], now[start:][::-1])
    return Edited(now, (start, len(now) - ending), rewritten)


def edit_from_json(mapping: Mapping[str, Any]) -> Edit:
    """An edit as the form posts it: `{"do": "set", "path": ["tasks", 2, "prompt"], "value": "..."}`."""
    try:
        verb, path = mapping["do"], _path(mapping["path"])
        if verb == "set":
            return SetValue(path, mapping["value"])
        if verb == "insert":
            return Insert(path, int(mapping["index"]), mapping["value"])
        if verb == "move":
            return Move(path, _path(mapping["to"]), int(mapping["index"]))
        if verb == "duplicate":
            return Duplicate(path, str(mapping["id"]))
        if verb not in ("unset", "remove"):
            raise ValueError(f"there is no edit {verb!r}")
        return Unset(path) if verb == "unset" else Remove(path)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"This edit cannot be read ({error}): it needs do, path and what the verb takes.") from error


def _path(parts: Any) -> Path:
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str | int) for part in parts):
        raise ValueError("a path is a list of keys and positions")
    return tuple(parts)


def _read(text: str) -> Document:
    document = parse_kept(text)
    if document.data is None and document.problems:
        first = document.problems[0]
        raise InvalidInput(
            f"The YAML cannot be read: line {first.line}, {first.message}. Correct it there, then use the form."
        )
    return document


def _refine(data: Any, edit: Edit) -> Iterator[Small]:
    """Setting a whole mapping or list becomes the small edits that make the difference."""
    assert not isinstance(edit, Move | Duplicate | Several)
    if isinstance(edit, SetValue):
        try:
            yield from _changes(edit.path, value_at(data, edit.path), edit.value)
            return
        except InvalidInput:
            pass
    yield edit


def _changes(path: Path, old: Any, new: Any) -> Iterator[Small]:
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() & new.keys():
        yield from _mapping_changes(path, old, new)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _list_changes(path, old, new)
    else:
        yield SetValue(path, new)


def _mapping_changes(path: Path, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Small]:
    for name, value in new.items():
        if name in old:
            yield from _changes((*path, name), old[name], value)
        else:
            yield SetValue((*path, name), value)
    yield from (Unset((*path, name)) for name in old if name not in new)


def _list_changes(path: Path, old: list[Any], new: list[Any]) -> Iterator[Small]:
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and same(old[start], new[start]):
        start += 1
    stop = 0
    while stop < shorter - start and same(old[-1 - stop], new[-1 - stop]):
        stop += 1
    common = shorter - stop
    for index in range(start, common):
        yield from _changes((*path, index), old[index], new[index])
    for index in range(common, len(new) - stop):
        yield Insert(path, index, new[index])
    for _ in range(common, len(old) - stop):
        yield Remove((*path, common))


def _step(document: Document, edit: Small) -> tuple[Document, bool]:
    """One proved splice; where no splice is proved, the smallest block around it is written anew (True)."""
    goal = intended(document.data, edit)
    try:
        after = _proved(_splice(Page(document), edit), goal)
    except NotSpliceable:
        after = None
    return (after, False) if after else (_rewrite(document, edit.path[:-1], goal), True)


def _splice(page: Page, edit: Small) -> str:
    if isinstance(edit, SetValue):
        return set_value(page, edit.path, edit.value)
    if isinstance(edit, Insert):
        return insert(page, edit)
    if isinstance(edit, RenameKey):
        return rename_key(page, edit)
    return unset(page, edit.path) if isinstance(edit.path[-1], str) else remove(page, edit.path)


def _proved(text: str, goal: Any) -> Document | None:
    """The new text read again when it says what was intended; a `|` block at its end may need a last line break."""
    for candidate in (text, text + "\n"):
        after = parse_kept(candidate)
        if same(after.data, goal):
            return after
    return None


def _carry(document: Document, edit: Duplicate | Move, goal: Any) -> tuple[Document, bool]:
    """Move or copy an item with its comments, as text."""
    try:
        after = _proved(_copied(document, edit) if isinstance(edit, Duplicate) else _moved(document, edit), goal)
    except NotSpliceable:
        after = None
    around = edit.path[:-1] if isinstance(edit, Duplicate) else _shared_start(edit.path[:-1], edit.to_path)
    return (after, False) if after else (_rewrite(document, around, goal), True)


def _moved(document: Document, edit: Move) -> str:
    if edit.path[:-1] == edit.to_path:
        return move(Page(document), edit)
    written, column = moved_text(document, edit)
    without, rewritten = _step(document, Remove(edit.path))
    if rewritten:
        raise NotSpliceable
    return insert_text(without, landing(edit), edit.to_index, written, column)


def _copied(document: Document, edit: Duplicate) -> str:
    item_list(document.data, edit.path)
    written, column = item_text(document, edit.path, comments=False)
    index = number(edit.path) + 1
    copy = (*edit.path[:-1], index)
    text = insert_text(document, edit.path[:-1], index, written, column)
    for path, new_id in new_ids(document.data, edit).items():
        after = parse(text)
        if after.data is None:
            raise NotSpliceable
        text = set_value(Page(after), (*copy, *path), new_id)
    return text


def _shared_start(left: Path, right: Path) -> Path:
    depth = 0
    while depth < min(len(left), len(right)) and left[depth] == right[depth]:
        depth += 1
    return left[:depth]


def _rewrite(document: Document, path: Path, goal: Any) -> Document:
    """Write the smallest block around a path anew so that the data is the goal."""
    if Page(document).has_aliases:
        raise InvalidInput(
            f"{dotted(path) or 'This flow'} shares values by anchors and aliases (&name, *name), "
            "which this edit would break up; change it in the YAML."
        )
    while path:
        try:
            after = _proved(set_value(Page(document), path, value_at(goal, path)), goal)
        except (NotSpliceable, InvalidInput):
            after = None
        if after:
            return after
        path = path[:-1]
    after = _proved(_whole(document, goal), goal)
    if after is None:
        raise InvalidInput("This change cannot be written as YAML; make it in the YAML itself.")
    return after


def _whole(document: Document, goal: Any) -> str:
    """The whole flow written anew below its opening comments."""
    root = document.nodes
    head = document.text[: root.start] if root is not None else document.text
    if head and not head.endswith("\n") and head != "\ufeff":
        head += "\n"
    return head + (block_mapping(goal, 0, Page(document).style) if goal else "{}") + "\n"


def _edited(text: str, plain: str, new: str, rewritten: bool) -> Edited:
    """The new text with the old line breaks; characters outside the change are those of the old text."""
    start = _common(plain, new)
    ending = _common(plain[start:][::-1], new[start:][::-1])
    middle = new[start : len(new) - ending]
    if "\r" not in text:
        return Edited(new, (start, start + len(middle)), rewritten)
    breaks = [found[0] for found in _BREAK.finditer(text)]
    middle = middle.replace("\n", max(set(breaks), key=breaks.count))
    first, last = _offset(breaks, plain, start), _offset(breaks, plain, len(plain) - ending)
    return Edited(text[:first] + middle + text[last:], (first, first + len(middle)), rewritten)


def _offset(breaks: list[str], plain: str, at: int) -> int:
    """An offset into the text with `\\n` as one into the text with its own line breaks."""
    return at + sum(len(found) - 1 for found in breaks[: plain.count("\n", 0, at)])


def _common(left: str, right: str) -> int:
    """How many characters two texts begin with in common."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
