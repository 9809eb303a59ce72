"""A step, input or variable renamed: every expression that reads it follows."""

import re
from collections.abc import Mapping
from typing import Any

from builder.errors import Path
from builder.expressions import references
from builder.flows.edit.intent import Edit, RenameKey, SetValue, Several, found_at, intended, same, step_ids

_PLAIN = re.compile(r"[A-Za-z_]\w*")


def rename(data: Any, path: Path, new: str) -> Edit:
    """The edit that gives the id at `path` a new name, and those who read it too.

    They stay where two steps share the old or the new name: it would not be clear whose they are.
    """
    old = found_at(data, path)
    ids = [name for _, name in step_ids(data)]
    root = _root(path)
    if not isinstance(old, str) or not old or root is None or not new or new in ids or ids.count(old) != 1:
        return SetValue(path, new)
    return _followed(data, SetValue(path, new), _Follower(root, old, new))


def rename_key(data: Any, path: Path, new: str) -> Edit:
    """The edit that gives the key at the end of `path` a new name, and a variable's readers too."""
    edit = RenameKey(path, new)
    if path[:1] != ("variables",) or len(path) != 2:
        return edit
    return _followed(data, edit, _Follower("vars", str(path[-1]), new))


def _followed(data: Any, edit: SetValue | RenameKey, follower: "_Follower") -> Edit:
    renamed = intended(data, edit)
    goal = follower.followed(renamed)
    return edit if same(renamed, goal) else Several(edit, after=(SetValue((), goal),))


def _root(path: Path) -> str | None:
    """By what expressions read the thing at a path; None for what they do not read by its id alone."""
    if path[0] == "inputs":
        return "inputs" if len(path) == 3 else None
    inside = len(path) > 3 and path[-3] in ("onResume", "inputs", "outputs", "properties", "columns")
    return None if inside or path[0] in ("triggers", "outputs") else "outputs"


class _Follower:
    def __init__(self, root: str, old: str, new: str) -> None:
        self._root, self._old = root, old
        self._written = f"{root}.{new}" if _PLAIN.fullmatch(new) else f"{root}['{new}']"
        name = re.escape(old)
        self._reads = re.compile(rf"{root}\s*(?:\.\s*{name}(?![\w])|\[\s*(['\"]){name}\1\s*\])")

    def followed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {name: self.followed(item) for name, item in value.items()}
        return [self.followed(item) for item in value] if isinstance(value, list) else value

    def _text(self, text: str) -> str:
        lines = text.split("\n")
        for found in reversed(references(text)):
            if found.path[:2] != (self._root, self._old):
                continue
            line, start = lines[found.line - 1], found.column - 1
            reads = self._reads.match(line, start)
            if reads:
                lines[found.line - 1] = line[:start] + self._written + line[reads.end() :]
        return "\n".join(lines)
