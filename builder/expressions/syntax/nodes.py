"""The tree of a template; `position` is an offset into its text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    position: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`target.key` (key is a literal then) or `target[key]`."""

    target: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Arguments(Node):
    positional: tuple[Node, ...] = ()
    named: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Method(Node):
    """`target.name(...)`."""

    target: Node
    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Filter(Node):
    target: Node
    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Test(Node):
    target: Node
    name: str
    arguments: Arguments
    negated: bool


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Interpolated(Node):
    """`"Hello #{name}"`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Output(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    branches: tuple[tuple[Node, "Body"], ...]
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class For(Node):
    name: str
    iterable: Node
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Set(Node):
    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Macro(Node):
    name: str
    parameters: tuple[tuple[str, Node | None], ...]
    body: "Body"


@dataclass(frozen=True, slots=True)
class Block(Node):
    name: str
    body: "Body"


@dataclass(frozen=True, slots=True)
class FilterBlock(Node):
    """`{% filter upper | trim %}`: each filter is (name, arguments)."""

    filters: tuple[tuple[str, Arguments], ...]
    body: "Body"


Body = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Template:
    source: str
    body: Body
    macros: dict[str, Macro]
    blocks: dict[str, Block]


def walk(tree: object) -> Iterator[Node]:
    """Every node of a tree, in the order of the text; does not recurse, so that no tree is too deep."""
    waiting: list[Any] = [tree]
    while waiting:
        current = waiting.pop()
        if isinstance(current, tuple):
            waiting.extend(reversed(current))
        elif isinstance(current, Node):
            yield current
            waiting.extend(getattr(current, name) for name in reversed(current.__match_args__))
