"""Splices values and keys: puts a value in the place of another, adds a key to a mapping, takes one away."""

from collections.abc import Mapping
from dataclasses import replace as with_
from typing import Any

from builder.errors import InvalidInput, Path, dotted
from builder.flows.document import key_text
from builder.flows.edit.intent import RenameKey
from builder.flows.edit.layout import BLOCKS, NotSpliceable, Page, Place
from builder.flows.edit.write import Style, after_dash, after_key, block_mapping, inline, key
from builder.flows.nodes import Node, Shape
from builder.flows.nodes import Style as Written

_FLOW_ORDER = (
    "id",
    "namespace",
    "revision",
    "description",
    "disabled",
    "labels",
    "inputs",
    "variables",
    "tasks",
    "errors",
    "finally",
    "afterExecution",
    "outputs",
    "triggers",
    "pluginDefaults",
    "concurrency",
    "retry",
    "sla",
)
_FIRST = ("id", "type", "description")
_CHILDREN = frozenset({"tasks", "then", "else", "cases", "defaults", "errors", "finally"})


def set_value(page: Page, path: Path, value: Any) -> str:
    """Replace a value, or add its key to the nearest mapping around it that is there."""
    place = page.find(path)
    if place is not None:
        if place.flow or (place.node.style is Written.FLOW and _small(value)):
            return _replace_inline(page, place, value)
        return replace(page, place, _after(page, place, value))
    holder = page.find(path[:-1])
    if holder is not None and holder.node.shape is Shape.MAP:
        return _add_key(page, path, holder, value)
    return set_value(page, path[:-1], {path[-1]: value}) if path else _begin(page, value)


def _begin(page: Page, value: Any) -> str:
    """The first values of a text that has none, below its comments."""
    head = page.text + ("" if page.text[page.origin :].endswith("\n") or not page.text[page.origin :] else "\n")
    return head + (block_mapping(value, 0, page.style) if isinstance(value, Mapping) and value else "{}") + "\n"


def _small(value: Any) -> bool:
    return not isinstance(value, Mapping | list) or not value


def _after(page: Page, place: Place, value: Any) -> str:
    """The new value written as what follows its key or dash, in the manner of the old one."""
    if place.parent is None:
        filled = isinstance(value, Mapping) and value
        return block_mapping(value, 0, page.style) if filled else inline(value, page.style)
    old = place.node.style
    style = with_(page.style, block=old in BLOCKS, quoted=old in (Written.SINGLE, Written.DOUBLE))
    if style.quoted:
        style = with_(style, quote="'" if old is Written.SINGLE else '"')
    if place.key is None:
        return after_dash(value, page.column(page.dash(place.parent, place.index)), style)
    return after_key(value, page.column(place.key.start), style)


def _replace_inline(page: Page, place: Place, value: Any) -> str:
    node = place.node
    start = node.start if node.tag else node.content
    quoted = node.style in (Written.SINGLE, Written.DOUBLE)
    style = Style(quote="'" if node.style is Written.SINGLE else '"', quoted=quoted)
    written = inline(value, style, flow=place.flow)
    space = " " if start == node.end and page.text[start - 1 : start] not in (" ", "[", ",") else ""
    return page.text[:start] + space + written + page.text[node.end :]


def replace(page: Page, place: Place, after: str) -> str:
    """Put `after` in the place of a block-context value; a comment on the key's line stays on it."""
    text, node = page.text, place.node
    if place.parent is None:
        return text[: page.line_start(node.start)] + after + text[node.end :]
    begin = page.after_key(place)
    head, broken, body = after.partition("\n")
    start = node.start if node.tag or node.shape is Shape.ALIAS else node.content
    below = start > page.line_end(begin)
    if below or node.style in BLOCKS or (node.style is Written.BLOCK and node.anchor is None):
        comment = _key_comment(page, begin, node, below)
        return text[:begin] + head + comment + broken + body + text[node.end :]
    rest = page.rest(node.end)
    stop = node.end + len(rest)
    lead = text[:start].rstrip(" ") if not head else text[:start]
    if head and text[start - 1] in ":-":
        lead += " "
    return lead + head.lstrip(" ") + (rest.rstrip() if broken else rest) + broken + body + text[stop:]


def _key_comment(page: Page, begin: int, node: Node, below: bool) -> str:
    """The comment on the line of a key whose value reaches over several lines."""
    if not below and node.style not in BLOCKS:
        return ""
    line = page.rest(begin)
    at = line.find(" #")
    return "  " + line[at:].strip() if at >= 0 else ""


def _add_key(page: Page, path: Path, holder: Place, value: Any) -> str:
    node, name, text = holder.node, path[-1], page.text
    if node.style is Written.FLOW:
        if not node.entries and not holder.flow:
            return replace(page, holder, _after(page, holder, {name: value}))
        pair = f"{inline(name, Style(), flow=True)}: {inline(value, page.style, flow=True)}"
        at = node.entries[-1][1].end if node.entries else node.content + 1
        return text[:at] + (", " if node.entries else "") + pair + text[at:]
    column = page.column(node.entries[0][0].start)
    written = f"{key(name)}:{after_key(value, column, page.style)}"
    return put_entry(page, path, node, written)


def put_entry(page: Page, path: Path, node: Node, written: str) -> str:
    """Put a written `key: value` into a block mapping at the place its name asks for."""
    text, column = page.text, page.column(node.entries[0][0].start)
    before = _predecessor(page, path, node)
    if before < 0:
        at = node.entries[0][0].start
        return text[:at] + written + "\n" + " " * column + text[at:]
    last = before == len(node.entries) - 1
    at = page.tail(node.entries[before][1].end, column - 1 if last and column else column)
    airy = len(path) == 1 and "\n" in written and "\n\n" in text[node.start : node.end]
    return text[:at] + ("\n\n" if airy else "\n") + " " * column + written + text[at:]


def _predecessor(page: Page, path: Path, node: Node) -> int:
    """The index of the entry after which a new key goes; -1 for the very front."""
    names = [key_text(name, page.text) for name, _ in node.entries]
    order = _FLOW_ORDER if len(path) == 1 else _FIRST
    if path[-1] in order:
        earlier = order[: order.index(path[-1])]
        return max((index for index, name in enumerate(names) if name in earlier), default=-1)
    if path[-1] in _CHILDREN or len(path) == 1:
        return len(names) - 1
    return max((index for index, name in enumerate(names) if name not in _CHILDREN), default=len(names) - 1)


def rename_key(page: Page, edit: RenameKey) -> str:
    place = page.find(edit.path)
    if place is None or place.key is None:
        raise InvalidInput(f"{dotted(edit.path)} comes from a merge (<<); change it in the YAML.")
    return page.text[: place.key.start] + inline(edit.name, Style(), flow=place.flow) + page.text[place.key.end :]


def unset(page: Page, path: Path) -> str:
    place = page.find(path)
    if place is None or place.parent is None:
        raise InvalidInput(f"{dotted(path)} comes from a merge (<<); change it in the YAML.")
    if len(place.parent.entries) == 1:
        return replace_holder(page, path, "{}")
    if place.flow:
        return cut_flow(page, [(name.start, value.end) for name, value in place.parent.entries], place.index)
    return _cut_entry(page, place.parent, place.index)


def replace_holder(page: Page, path: Path, written: str) -> str:
    """Leave `[]` or `{}` where a list or mapping lost its last value."""
    holder = page.find(path[:-1])
    if holder is None or holder.parent is None:
        raise NotSpliceable
    if holder.node.style is Written.FLOW:
        return page.text[: holder.node.content] + written + page.text[holder.node.end :]
    return replace(page, holder, " " + written)


def cut_flow(page: Page, spans: list[tuple[int, int]], index: int) -> str:
    if index + 1 < len(spans):
        return page.text[: spans[index][0]] + page.text[spans[index + 1][0] :]
    return page.text[: spans[index - 1][1]] + page.text[spans[index][1] :]


def _cut_entry(page: Page, mapping: Node, index: int) -> str:
    name, value = mapping.entries[index]
    text, column = page.text, page.column(name.start)
    start, end = page.line_start(name.start), page.tail(value.end, column)
    if text[start : name.start].strip():
        following = mapping.entries[index + 1][0].start if index + 1 < len(mapping.entries) else -1
        if following < 0 or text[end:following].strip():
            raise NotSpliceable
        return text[: name.start] + text[following:]
    if index:
        start = page.comments_above(start, page.line_end(mapping.entries[index - 1][1].end) + 1, column)
    return cut_lines(page, start, end)


def cut_lines(page: Page, start: int, end: int) -> str:
    """Take whole lines out; where blank lines stood on both sides, one side goes too."""
    text = page.text
    above, below = text[:start], text[end + 1 :]
    if end >= len(text):
        ending = "\n" if text.endswith("\n") else ""
        return above.rstrip("\n") + ending
    if above.endswith("\n\n") and (not below.strip() or below.lstrip(" ").startswith("\n")):
        above = above.rstrip("\n") + "\n"
    return above + below
