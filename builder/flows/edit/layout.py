"""Where things stand on the lines of a text: places of values, the comments that belong to them, items as chunks."""

import re
from dataclasses import dataclass
from functools import cached_property

from builder.errors import InvalidInput, Path, dotted
from builder.flows.document import Document, key_text
from builder.flows.edit.write import Style
from builder.flows.nodes import Node, Shape
from builder.flows.nodes import Style as Written

_COLON = re.compile(r"[ \t]*:")
BLOCKS = (Written.LITERAL, Written.FOLDED)


class NotSpliceable(Exception):
    """This layout has no exact splice; the block around it has to be rewritten."""


@dataclass(frozen=True, slots=True)
class Place:
    """A written value: its node, the mapping or list that holds it, its key or position, and whether that is `{ }`."""

    node: Node
    parent: Node | None = None
    key: Node | None = None
    index: int = 0
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A list item on its lines: from its comments above (`start`) over its dash to its last comment (no line break)."""

    start: int
    dash: int
    end: int


class Page:
    """A parsed text whose line breaks are all `\\n`."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text

    def find(self, path: Path) -> Place | None:
        """The place of a value that is written there itself; None when it is missing, an error when it is shared."""
        if self.document.nodes is None:
            return None
        place = Place(self.document.nodes)
        for depth, part in enumerate(path):
            if place.node.shape is Shape.ALIAS:
                raise InvalidInput(
                    f"{dotted(path[:depth])} is an alias (*name) of a value that is written elsewhere; "
                    "change it in the YAML."
                )
            step = self._child(place.node, part)
            if step is None:
                return None
            place = step if not place.flow else Place(step.node, step.parent, step.key, step.index, True)
        return place

    def _child(self, node: Node, part: str | int) -> Place | None:
        flow = node.style is Written.FLOW
        if node.shape is Shape.LIST and isinstance(part, int) and part < len(node.items):
            return Place(node.items[part], node, None, part, flow)
        for index, (key, value) in enumerate(node.entries):
            if not key.is_merge and key_text(key, self.text) == part:
                return Place(value, node, key, index, flow)
        return None

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins, a byte order mark left out."""
        return self.text.rfind("\n", 0, offset) + 1 or self.origin

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line break."""
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found

    def column(self, offset: int) -> int:
        return offset - self.line_start(offset)

    @cached_property
    def origin(self) -> int:
        return 1 if self.text.startswith("\ufeff") else 0

    def rest(self, offset: int) -> str:
        """What is left of the line: spaces and a comment."""
        return self.text[offset : self.line_end(offset)]

    def after_key(self, place: Place) -> int:
        """The offset right after the key's colon or the item's dash; the text's origin for the root."""
        if place.parent is None:
            return self.origin
        if place.key is None:
            return self.dash(place.parent, place.index) + 1
        found = _COLON.match(self.text, place.key.end)
        if not found:
            raise NotSpliceable
        return found.end()

    def dash(self, items: Node, index: int) -> int:
        """The offset of the dash of an item of a block list."""
        column = self.column(items.content)
        at = self.line_start(items.items[index].start)
        while at >= self.origin:
            if self.text[at + column : at + column + 1] == "-" and not self.text[at : at + column].strip(" "):
                return at + column
            if at <= self.line_start(items.content):
                break
            at = self.line_start(at - 1)
        raise NotSpliceable

    def chunks(self, items: Node) -> list[Chunk]:
        """The items of a block list with the comments that belong to each."""
        dashes = [self.dash(items, index) for index in range(len(items.items))]
        column = self.column(dashes[0])
        found: list[Chunk] = []
        for index, dash in enumerate(dashes):
            floor = found[-1].end + 1 if found else 0
            end = self.tail(items.items[index].end, column)
            if index + 1 < len(dashes):
                end = self._comment_below(end, dashes[index + 1])
            found.append(Chunk(self.comments_above(self.line_start(dash), floor), dash, end))
        return found

    def _comment_below(self, end: int, next_dash: int) -> int:
        """Where an item ends when a comment stands right below it and a blank line divides that from the next item."""
        at, last = end + 1, end
        while at < self.line_start(next_dash):
            stop = self.line_end(at)
            line = self.text[at:stop].strip()
            if not line:
                return last
            last, at = stop, stop + 1
        return end

    def comments_above(self, start: int, floor: int, column: int | None = None) -> int:
        """The start of the comment lines that stand right above a line, without a blank line between."""
        while start > max(floor, self.origin):
            above = self.line_start(start - 1)
            line = self.text[above:start]
            if above < floor or not line.lstrip().startswith("#"):
                break
            if column is not None and len(line) - len(line.lstrip(" ")) != column:
                break
            start = above
        return start

    def tail(self, end: int, column: int) -> int:
        """The end of a value's last line, with the comment lines below that are indented deeper than the column."""
        last = self.line_end(end)
        at = last + 1
        while at < len(self.text):
            stop = self.line_end(at)
            line = self.text[at:stop]
            bare = line.lstrip(" ")
            if bare.strip() and not (bare.startswith("#") and len(line) - len(bare) > column):
                break
            if bare.strip():
                last = stop
            at = stop + 1
        return last

    @cached_property
    def style(self) -> Style:
        """How most of this text is written: indent step, dash offset, quotes."""
        step = dash = None
        for holder, key, value in self._entries(self.document.nodes):
            if holder.style is Written.FLOW or value.style is not Written.BLOCK:
                continue
            offset = self.column(value.content) - self.column(key.start)
            if value.shape is Shape.MAP and step is None and offset > 0:
                step = offset
            if value.shape is Shape.LIST and dash is None:
                dash = offset
        return Style(step or (dash if dash and dash > 1 else 2), 2 if dash is None else dash, self._quote())

    def _quote(self) -> str:
        styles = [value.style for _, _, value in self._entries(self.document.nodes)]
        return "'" if styles.count(Written.SINGLE) > styles.count(Written.DOUBLE) else '"'

    def _entries(self, node: Node | None) -> list[tuple[Node, Node, Node]]:
        if node is None or node.shape not in (Shape.MAP, Shape.LIST):
            return []
        found = [(node, key, value) for key, value in node.entries]
        for child in [*node.items, *(value for _, value in node.entries)]:
            found += self._entries(child)
        return found

    @cached_property
    def has_aliases(self) -> bool:
        return any(value.shape is Shape.ALIAS for _, _, value in self._entries(self.document.nodes)) or any(
            item.shape is Shape.ALIAS for _, _, value in self._entries(self.document.nodes) for item in value.items
        )


def shift(text: str, by: int) -> str:
    """Lines moved right or left; a line that stands further left than that goes to the margin."""
    if by >= 0:
        return "\n".join(" " * by + line if line.strip() else line for line in text.split("\n"))
    return "\n".join(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in text.split("\n"))
