"""The text of the flow: entries with the comments that stand above them, in the order in which they are read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from builder.errors import Path
from builder.flows.document import Document
from builder.flows.edit.write import Style, after_key, key

_STYLE = Style()
_NAME = re.compile(r"(?!(?i:true|false|null|yes|no|on|off)$)[A-Za-z_][\w-]*")
"""Names that stand without quotes, as flows everywhere write them: `n: 1` too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One key of an entry, with the comments above it."""

    name: str
    value: Any
    comments: Sequence[str] = ()


@dataclass(slots=True)
class Item:
    """One entry of a list: comments above it and its keys. Without keys only its comments are written."""

    comments: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def section(name: str, items: Sequence[Item]) -> str:
    """A list of entries below its name, with an empty line before each; only comments where there is no entry."""
    if not items:
        return ""
    is_empty = not any(item.lines for item in items)
    head = f"{name}: []\n" if is_empty else f"{name}:\n"
    return head + "\n".join(_item(item) for item in items)


def comment(text: str, column: int = 0) -> list[str]:
    """Lines of words as comments."""
    return [f"{' ' * column}# {line}".rstrip() for line in text.splitlines()]


def comments_above(document: Document, path: Path) -> list[str]:
    """The comments right above a key, without their indentation; a block of text above is none."""
    place = document.key_span(path)
    if place is None:
        return []
    lines = document.text.splitlines()
    found: list[str] = []
    for line in reversed(lines[: place.line - 1]):
        bare = line.strip()
        if not bare.startswith("#") or len(line) - len(line.lstrip()) >= place.column:
            break
        found.insert(0, bare)
    return found


def source_of(document: Document, path: Path) -> list[str]:
    """The lines of a key and its value as they stand in the text."""
    place, value = document.key_span(path), document.span(path)
    if place is None or value is None:
        return []
    last, _ = document.place(max(value.end - 1, value.start))
    return document.text.splitlines()[place.line - 1 : max(last, place.line)]


def _item(item: Item) -> str:
    rows = [f"  {line}" for line in item.comments]
    for number, line in enumerate(item.lines):
        rows += [f"    {one}" for one in line.comments] if number else []
        rows.append(f"{'  - ' if number == 0 else '    '}{_key(line.name)}:{after_key(line.value, 4, _STYLE)}")
    return "".join(f"{row}\n" for row in rows)


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else key(name)


def joined(parts: Iterable[str]) -> str:
    """The sections with an empty line between them."""
    return "\n".join(part for part in parts if part)
