"""A YAML text as nodes with exact places: what the checker reports on and the editor splices."""

from dataclasses import dataclass, field
from enum import StrEnum


class Shape(StrEnum):
    """What a node is; an alias stands for another node."""

    SCALAR = "scalar"
    MAP = "map"
    LIST = "list"
    ALIAS = "alias"


class Style(StrEnum):
    """How a node is written."""

    PLAIN = "plain"
    SINGLE = "single"
    DOUBLE = "double"
    LITERAL = "literal"
    FOLDED = "folded"
    BLOCK = "block"
    FLOW = "flow"


@dataclass(slots=True, eq=False)
class Node:
    """One value in the text, from `start` (its anchor or tag, if any) to `end`; the value itself begins at `content`.

    Offsets count characters of the text as given. A block collection ends where its last value ends, a block scalar
    before the line break that closes it; an empty value (`key:`) has start == end, right after the colon or dash.
    `text` is a scalar's value with quotes and folding undone. `weight` counts the values inside, aliases expanded;
    `by_key` is filled by who first looks a key up.
    """

    shape: Shape
    start: int
    end: int
    content: int
    style: Style
    text: str = ""
    anchor: str | None = None
    tag: str | None = None
    target: "Node | None" = None
    items: list["Node"] = field(default_factory=list)
    entries: list[tuple["Node", "Node"]] = field(default_factory=list)
    weight: int = 1
    height: int = 1
    by_key: dict[str, tuple["Node", "Node"]] | None = None

    @property
    def resolved(self) -> "Node":
        """The node itself, or what an alias stands for."""
        return self.target if self.target is not None else self

    @property
    def is_merge(self) -> bool:
        """Whether this, as a key, is YAML's merge key."""
        return self.shape is Shape.SCALAR and self.style is Style.PLAIN and self.text == "<<" and self.tag is None


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands: character offsets into the text as given, line and column from 1.

    `content` is the start without anchor and tag. `shared` means the place is reached through an alias or a merge key:
    changing it changes other places too.
    """

    start: int
    end: int
    line: int
    column: int
    content: int
    shape: Shape
    style: Style
    anchor: str | None = None
    tag: str | None = None
    shared: bool = False
