"""What a template reads, found without running it: for hints in the editor, and to know who needs lookups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builder.expressions.faults import ExpressionError, line_and_column
from builder.expressions.limits import DEFAULT_LIMITS
from builder.expressions.lookups import LOOKUP_FUNCTIONS
from builder.expressions.syntax import nodes
from builder.expressions.syntax.nodes import Node, Template
from builder.expressions.syntax.paths import dotted_names
from builder.expressions.syntax.template import parse_template
from builder.expressions.values import is_list

_WAITING = LOOKUP_FUNCTIONS | {"isFileEmpty", "fileEmpty", "fileExists", "render", "renderOnce", "jq"}


@dataclass(frozen=True, slots=True)
class Reference:
    """`outputs.a.json` has the path ("outputs", "a", "json"); `kv('x')` is the function "kv" with key "x".

    A path ends where a key is computed. `key` is None where it is no literal.
    """

    path: tuple[str | int, ...]
    line: int
    column: int
    function: str = ""
    key: str | None = None


def references(template: str) -> list[Reference]:
    """In the order of the text; names that the template sets itself are left out. Empty for one that cannot be read."""
    if "{" not in template:
        return []
    if (plain := dotted_names(template)) is not None:
        return [Reference(path, *line_and_column(template, at)) for at, path in plain if path[0] != "loop"]
    try:
        tree = parse_template(template, DEFAULT_LIMITS)
    except ExpressionError:
        return []
    return _Finder(tree).found()


def needs_lookups(value: Any) -> bool:
    """Whether rendering may wait: for keys, secrets, files or jq (render() may); also in structures."""
    if isinstance(value, str):
        return any(name in value for name in _WAITING) and any(each.function in _WAITING for each in references(value))
    if isinstance(value, Mapping):
        return any(needs_lookups(part) for entry in value.items() for part in entry)
    return is_list(value) and any(map(needs_lookups, value))


class _Finder:
    def __init__(self, tree: Template) -> None:
        self._tree = tree
        self._own = {"loop"} | _own_names(tree)
        self._inside: set[int] = set()

    def found(self) -> list[Reference]:
        found = []
        for node in nodes.walk(self._tree.body):
            if id(node) in self._inside:
                continue
            path = self._path(node)
            if path and path[0] not in self._own:
                found.append(self._reference(node, path))
            elif isinstance(node, nodes.Filter) and node.name == "jq":
                found.append(self._reference(node, (), node.name))
            elif isinstance(node, nodes.Call):
                found.append(self._reference(node, (), node.name, _literal_key(node)))
        return found

    def _reference(self, node: Node, path: tuple[str | int, ...], function: str = "",
                   key: str | None = None) -> Reference:  # fmt: skip
        start = node
        while isinstance(start, nodes.Attribute):
            start = start.target
        return Reference(path, *line_and_column(self._tree.source, start.position), function, key)

    def _path(self, node: Node) -> tuple[str | int, ...]:
        """The literal part of a chain of attributes that starts at a variable."""
        if isinstance(node, nodes.Name):
            return (node.name,)
        keys: list[Node] = []
        while isinstance(node, nodes.Attribute):
            if isinstance(node.target, nodes.Attribute | nodes.Name):
                self._inside.add(id(node.target))
            keys.append(node.key)
            node = node.target
        if not isinstance(node, nodes.Name):
            return ()
        path: list[str | int] = [node.name]
        for key in reversed(keys):
            if not (isinstance(key, nodes.Literal) and isinstance(key.value, (str, int))):
                break
            path.append(key.value)
        return tuple(path)


def _own_names(tree: Template) -> set[str]:
    names = set()
    for node in nodes.walk(tree.body):
        if isinstance(node, (nodes.For, nodes.Set)):
            names.add(node.name)
        elif isinstance(node, nodes.Macro):
            names.update(name for name, _ in node.parameters)
    return names


def _literal_key(call: nodes.Call) -> str | None:
    named = dict(call.arguments.named)
    first = call.arguments.positional[0] if call.arguments.positional else named.get("key", named.get("path"))
    return first.value if isinstance(first, nodes.Literal) and isinstance(first.value, str) else None
