"""A flow's text, parsed: its values as JSON has them, the place of each, and all that is wrong with it as YAML."""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from builder.errors import Path, Problem, dotted
from builder.flows.limits import DEFAULT, FLOW_BYTES, FLOW_DIGITS, FLOW_VALUES, Limits
from builder.flows.nodes import Node, Shape, Span
from builder.flows.reading.compose import Abandoned, Composer
from builder.flows.reading.scalars import TooManyDigits, scalar_value
from builder.flows.reading.syntax import explain

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"^---(?:[ \t].*)?(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BOM = "\ufeff"


@dataclass(slots=True)
class Document:
    """`data` is None when the text could not be read at all; `problems` then say why."""

    text: str
    data: Any = None
    nodes: Node | None = field(default=None, repr=False)
    problems: list[Problem] = field(default_factory=list)
    _line_starts: list[int] = field(default_factory=list, repr=False)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset."""
        if not self._line_starts:
            first = 1 if self.text.startswith(_BOM) else 0
            self._line_starts = [first, *(found.end() for found in _LINE_BREAK.finditer(self.text))]
        line = max(bisect.bisect_right(self._line_starts, offset), 1)
        return line, max(offset - self._line_starts[line - 1], 0) + 1

    def node(self, path: Path) -> Node | None:
        """The node at a path, aliases resolved."""
        found = self._walk(path)
        return found[1] if found else None

    def span(self, path: Path) -> Span | None:
        """Where the value at a path stands; of an aliased value, the alias itself."""
        found = self._walk(path)
        return self._span(found[2], found[3]) if found else None

    def key_span(self, path: Path) -> Span | None:
        """Where the key of a path stands; None for list items, the root and what is not there."""
        found = self._walk(path)
        return self._span(found[0], found[3]) if found and found[0] is not None else None

    def nearest_span(self, path: Path, *, key: bool = False) -> Span | None:
        """The span of a path, or of the closest thing around it that is written."""
        while path:
            span = (self.key_span(path) if key else None) or self.span(path)
            if span:
                return span
            path, key = path[:-1], True
        return None

    def problem(self, path: Path, message: str, hint: str = "", *, key: bool = False, **more: Any) -> Problem:
        """A problem at a path, with its line and column."""
        span = self.nearest_span(path, key=key)
        return Problem(path, span.line if span else 0, span.column if span else 0, message, hint, **more)

    def _span(self, node: Node, shared: bool) -> Span:
        line, column = self.place(node.start)
        return Span(
            node.start,
            node.end,
            line,
            column,
            node.content,
            node.resolved.shape,
            node.resolved.style,
            node.anchor,
            node.tag,
            shared or node.target is not None,
        )

    def _walk(self, path: Path) -> tuple[Node | None, Node, Node, bool] | None:
        if self.nodes is None:
            return None
        key: Node | None = None
        written, shared = self.nodes, False
        for part in path:
            shared = shared or written.target is not None
            step = _child(written.resolved, part, self.text)
            if step is None:
                return None
            key, written, merged = step
            shared = shared or merged
        return key, written.resolved, written, shared


def _child(node: Node, part: str | int, text: str) -> tuple[Node | None, Node, bool] | None:
    if node.shape is Shape.LIST:
        return (None, node.items[part], False) if isinstance(part, int) and 0 <= part < len(node.items) else None
    if node.by_key is None:
        pairs = [(key_text(key, text), key, value) for key, value in node.entries if not key.is_merge]
        node.by_key = {name: (key, value) for name, key, value in reversed(pairs)}
    if part in node.by_key:
        return *node.by_key[str(part)], False
    for source in _merged_maps(node):
        found = _child(source, part, text)
        if found:
            return found[0], found[1], True
    return None


def key_text(key: Node, text: str) -> str:
    """A key as text: what was written, whatever YAML would make of it."""
    node = key.resolved
    return node.text if node.shape is Shape.SCALAR else text[node.start : node.end]


def _merged_maps(node: Node) -> Iterator[Node]:
    """The maps that a map takes in by `<<`, the first winning."""
    for key, value in node.entries:
        if key.is_merge:
            target = value.resolved
            sources = [item.resolved for item in target.items] if target.shape is Shape.LIST else [target]
            yield from (source for source in sources if source.shape is Shape.MAP)


def parse(text: str, limits: Limits = DEFAULT) -> Document:
    """Read a text. Never raises for bad text: what is wrong is in `problems`, sorted by line."""
    document = Document(text)
    _Reading(document, limits).read()
    document.problems.sort(key=lambda problem: (problem.line, problem.column))
    del document.problems[limits.problems :]
    return document


@lru_cache(maxsize=4)
def parse_kept(text: str) -> Document:
    """The same, kept for a moment: for those who change nothing of it, since an edit reads one text several times."""
    return parse(text)


def split_documents(text: str) -> list[str]:
    """Several flows in one text, separated by `---` lines; empty ones are left out."""
    return [part for _, part in split_places(text)]


def split_places(text: str) -> list[tuple[int, str]]:
    """As `split_documents`, each with the number of lines above it."""
    text = text.removeprefix(_BOM)
    parts, begin = [], 0
    for found in [*_SEPARATOR.finditer(text), None]:
        part = text[begin : found.start() if found else len(text)]
        if part.strip():
            parts.append((len(_LINE_BREAK.findall(text[:begin])), part))
        begin = found.end() if found else begin
    return parts


class _Reading:
    """One parse: text to nodes to values."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self.document = document
        self.limits = limits

    def report(self, offset: int, message: str, hint: str = "", path: Path = ()) -> None:
        line, column = self.document.place(offset)
        self.document.problems.append(Problem(path, line, column, message, hint))

    def read(self) -> None:
        text = self.document.text
        if len(text) > self.limits.bytes_ or len(text.encode("utf-8", "replace")) > self.limits.bytes_:
            self.report(
                0,
                f"the text is longer than {self.limits.bytes_} bytes ({FLOW_BYTES})",
                "Split it into several flows, and put long texts into files.",
            )
            return
        clean = self._without_forbidden(text)
        composer = Composer(clean, 1 if text.startswith(_BOM) else 0, self.limits, self.report)
        try:
            root = composer.compose()
        except Abandoned:
            return
        except yaml.YAMLError as error:
            fault = explain(error, clean[composer.shift :])
            offset = 0 if fault.offset is None else min(fault.offset + composer.shift, len(text))
            self.report(offset, fault.message, fault.hint)
            return
        if root is None:
            return
        if root.weight > self.limits.values:
            self._too_many(root)
            return
        self.document.nodes = root
        self.document.data = self._value(root, ())

    def _without_forbidden(self, text: str) -> str:
        """The text with what YAML cannot hold blanked out, each reported, so that all else can still be checked."""
        for found in _FORBIDDEN.finditer(text):
            if len(self.document.problems) >= self.limits.problems:
                break
            self.report(found.start(), f"the control character U+{ord(found[0]):04X} is not allowed", "Remove it.")
        return _FORBIDDEN.sub(" ", text)

    def _too_many(self, root: Node) -> None:
        alias = _heaviest_alias(root, self.limits.values)
        message = (
            f"too many values once aliases and merge keys (<<) are expanded: the limit is {self.limits.values} "
            f"({FLOW_VALUES})"
        )
        self.report(alias.start, message, "Write fewer aliases of aliases.")

    def _value(self, node: Node, path: Path) -> Any:
        node = node.resolved
        if node.shape is Shape.MAP:
            return self._map(node, path)
        if node.shape is Shape.LIST:
            return [self._value(item, (*path, index)) for index, item in enumerate(node.items)]
        if "\0" not in node.text:
            return self._scalar(node, path)
        self.report(
            node.start, "the character U+0000 is not allowed", "Remove the \\0: databases cannot store it.", path
        )
        return node.text.replace("\0", "")

    def _scalar(self, node: Node, path: Path) -> Any:
        try:
            return scalar_value(node, self.limits.digits)
        except TooManyDigits:
            self.report(
                node.start,
                f"a whole number may have {self.limits.digits} digits ({FLOW_DIGITS}), this one has {len(node.text)}",
                "Put it in quotes to keep it as text.",
                path,
            )
            return node.text

    def _map(self, node: Node, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.entries:
            if key.is_merge:
                self._check_merge(value, path)
                continue
            name = key_text(key, self.document.text)
            if key.shape is Shape.MAP:
                self.report(node.start, "a value that begins with {{ must be in quotes", f'Write "{{{name}}}".', path)
            if "\0" in name:
                self.report(key.start, "the character U+0000 is not allowed in a key", "Remove the \\0.", path)
                name = name.replace("\0", "")
            if name in values:
                self._duplicate(key, name, (*path, name), values)
                continue
            values[name] = self._value(value, (*path, name))
        for source in _merged_maps(node):
            for name, merged in self._map(source, path).items():
                values.setdefault(name, merged)
        return values

    def _check_merge(self, value: Node, path: Path) -> None:
        target = value.resolved
        sources = [item.resolved for item in target.items] if target.shape is Shape.LIST else [target]
        if any(source.shape is not Shape.MAP for source in sources):
            self.report(
                value.start,
                "the merge key << takes a map, an alias of a map, or a list of these",
                "Put the key in quotes if you mean the text <<.",
                (*path, "<<"),
            )

    def _duplicate(self, key: Node, name: str, path: Path, holder: dict[str, Any]) -> None:
        named = holder.get("id") if len(path) > 2 else None
        place = f' in "{named}"' if isinstance(named, str) else f" in {dotted(path[:-1])}" if path[:-1] else ""
        self.report(key.start, f"Duplicate field '{name}': it is written twice{place}", "Remove one of the two.", path)


def _heaviest_alias(root: Node, limit: int) -> Node:
    """The alias at which the expanded size passes the limit, looking into the heaviest child each time."""
    node = root
    while node.shape is not Shape.ALIAS:
        children = node.items or [value for _, value in node.entries]
        if not children:
            return node
        node = max(children, key=lambda child: child.weight)
    return node
