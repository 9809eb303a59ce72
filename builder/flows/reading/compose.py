"""PyYAML's events, read into nodes: no tag is obeyed, depth is bounded, everything keeps its place."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from builder.flows.limits import FLOW_DEPTH, FLOW_VALUES, Limits
from builder.flows.nodes import Node, Shape, Style
from builder.flows.reading.scalars import COLLECTION_TAGS, SCALAR_TAGS, shown_tag

Report = Callable[[int, str, str], None]
"""Takes an offset, a message and a hint."""

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*(?:[&!][^\s,\[\]{}]*(?=[\s,\]}]|$))?")
_PARSERS_OWN_DEPTH = "nesting depth"
"""What newer parsers say where they give up by themselves, reading ahead of the events."""
_SCALAR_STYLES = {
    None: Style.PLAIN,
    "": Style.PLAIN,
    "'": Style.SINGLE,
    '"': Style.DOUBLE,
    "|": Style.LITERAL,
    ">": Style.FOLDED,
}


class Abandoned(Exception):
    """Reading on is pointless; the reason has been reported."""


@dataclass(slots=True)
class Composer:
    """Reads one document; `root` is None for an empty one."""

    text: str
    shift: int
    limits: Limits
    report: Report
    root: Node | None = None
    _open: list[Node] = field(default_factory=list)
    _keys: list[Node | None] = field(default_factory=list)
    _anchors: dict[str, Node] = field(default_factory=dict)
    _written: int = 0

    def compose(self) -> Node | None:
        """The root node. Raises Abandoned or yaml.YAMLError."""
        try:
            return self._compose()
        except yaml.MarkedYAMLError as error:
            if _PARSERS_OWN_DEPTH in str(error.problem) and error.problem_mark is not None:
                self._too_deep(error.problem_mark.index + self.shift)
            raise

    def _compose(self) -> Node | None:
        documents = 0
        for event in yaml.parse(self.text[self.shift :], yaml.CSafeLoader):
            step = _STEPS.get(type(event))
            if step is not None:
                step(self, event)
            elif isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.report(
                        self._place(event)[0],
                        "a second flow begins here: a text holds one flow",
                        "Save it as a flow of its own.",
                    )
                    raise Abandoned
        return self.root

    def scalar(self, event: ScalarEvent) -> None:
        start, end = self._place(event)
        style = _SCALAR_STYLES[event.style]
        if style in (Style.LITERAL, Style.FOLDED):
            end = self._block_scalar_end(start, end)
        node = Node(Shape.SCALAR, start, end, start, style, event.value)
        self._properties(node, event, SCALAR_TAGS)
        self._add(node)

    def begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        start, end = self._place(event)
        if len(self._open) >= self.limits.depth:
            self._too_deep(start)
        shape = Shape.MAP if isinstance(event, MappingStartEvent) else Shape.LIST
        node = Node(shape, start, end, start, Style.FLOW if event.flow_style else Style.BLOCK)
        self._properties(node, event, COLLECTION_TAGS)
        self._open.append(node)
        self._keys.append(None)

    def finish(self, event: MappingEndEvent | SequenceEndEvent) -> None:
        node = self._open.pop()
        self._keys.pop()
        if node.style is Style.FLOW:
            node.end = self._place(event)[1]
        elif node.shape is Shape.MAP:
            node.end = node.entries[-1][1].end
        else:
            node.end = node.items[-1].end
        self._add(node)

    def alias(self, event: AliasEvent) -> None:
        start, end = self._place(event)
        node = Node(Shape.ALIAS, start, end, start, Style.PLAIN)
        target = self._anchors.get(event.anchor or "")
        if target is None:
            self.report(
                start,
                f"the alias *{event.anchor} is not defined",
                f"Define it before with &{event.anchor}, or put the text in quotes.",
            )
        elif any(target is holder for holder in self._open):
            self.report(
                target.start,
                f"a value contains itself: *{event.anchor} stands inside &{event.anchor}",
                "Write the value out instead.",
            )
            target = None
        if target is None:
            node.shape = Shape.SCALAR
        else:
            node.target, node.weight, node.height = target, target.weight, target.height
            if len(self._open) + target.height > self.limits.depth + 1:
                self._too_deep(start)
        self._add(node)

    def _add(self, node: Node) -> None:
        self._written += 1
        if self._written > self.limits.values:
            self._too_many(node.start)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.weight += node.weight
        parent.height = max(parent.height, node.height + 1)
        if parent.shape is Shape.LIST:
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
        else:
            parent.entries.append((key, node))
            self._keys[-1] = None

    def _properties(self, node: Node, event: Any, allowed: frozenset[str]) -> None:
        if event.anchor is not None:
            node.anchor = event.anchor
            self._anchors[event.anchor] = node
        if event.tag is not None and event.tag != "!":
            node.tag = event.tag
            if event.tag not in allowed:
                self.report(
                    node.start,
                    f"the tag {shown_tag(event.tag)} is not allowed; nothing was run",
                    "Remove the tag: values are text, numbers, true, false, null, lists and maps.",
                )
        elif event.tag == "!":
            node.tag = "tag:yaml.org,2002:str"
        if node.anchor is not None or node.tag is not None:
            found = _PROPERTIES.match(self.text, node.start)
            node.content = (
                min(found.end(), node.end)
                if found and node.shape is Shape.SCALAR
                else (found.end() if found else node.start)
            )

    def _place(self, event: Any) -> tuple[int, int]:
        return event.start_mark.index + self.shift, event.end_mark.index + self.shift

    def _block_scalar_end(self, start: int, end: int) -> int:
        header = self.text[start:end].partition("\n")[0]
        if "+" in header.partition("#")[0]:
            while end > start and self.text[end - 1] in "\r\n":
                end -= 1
                if self.text[end] == "\n":
                    return end - 1 if self.text[end - 1] == "\r" else end
            return end
        return start + len(self.text[start:end].rstrip(" \t\r\n"))

    def _too_many(self, offset: int) -> None:
        self.report(
            offset,
            f"too many values: the limit is {self.limits.values} keys and values ({FLOW_VALUES})",
            "Put large tables into a file, or give them as JSON text.",
        )
        raise Abandoned

    def _too_deep(self, offset: int) -> None:
        self.report(
            offset,
            f"nested too deeply: the limit is {self.limits.depth} levels ({FLOW_DEPTH})",
            "Split the value, or give it as JSON text.",
        )
        raise Abandoned


_STEPS: dict[type, Callable[[Composer, Any], None]] = {
    ScalarEvent: Composer.scalar,
    MappingStartEvent: Composer.begin,
    SequenceStartEvent: Composer.begin,
    MappingEndEvent: Composer.finish,
    SequenceEndEvent: Composer.finish,
    AliasEvent: Composer.alias,
}
