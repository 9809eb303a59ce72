"""`${...}` of a recipe as `{{ ... }}` of a flow: variables, outputs of components, secrets and connections."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_PART = re.compile(r"""(?P<name>[A-Za-z_][\w-]*)|\[(?P<index>\d+)\]|\[\s*["'](?P<key>[^"'\]]+)["']\s*\]""")
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_OPENERS = re.compile(r"\{\{|\{%|\{#")
_SECRET = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")

ITERATOR, IN_TURN = "iterator", "iterator in its turn"
"""The type of a component that repeats others, and what stands for it while those are looked at."""


class Untranslatable(ValueError):
    """A reference that has no counterpart in a flow; the text says why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${...}`: what it names (`variable`, `secret`, `connection`, `component`, an `iterator`'s output or its
    `element`), whose, and the way inside it."""

    kind: str
    name: str
    path: tuple[str | int, ...] = ()

    def expression(self) -> str:
        """The same in a flow's language, without its braces."""
        if self.kind in ("secret", "connection"):
            return f"secret('{secret_name(self)}')"
        if self.kind == "element":
            return "item.value" + "".join(_step(part) for part in self.path)
        if self.kind == "iterator":
            name, *rest = self.path
            return f"loopOutputs(outputs{_step(self.name)}, '{name}')" + "".join(_step(part) for part in rest)
        root = "inputs" if self.kind == "variable" else "outputs"
        return root + "".join(_step(part) for part in (self.name, *self.path))


def secret_name(reference: Reference) -> str:
    """What a secret is called here: a connection's dashes become underscores, and all is in capitals."""
    return reference.name.replace("-", "_").upper() if reference.kind == "connection" else reference.name


def read(text: str, known: Mapping[str, Any]) -> Reference:
    """The reference between the braces of `${text}`; `known` are the components. Raises Untranslatable."""
    parts = _parts(text)
    if not parts or not isinstance(parts[0], str):
        raise Untranslatable(f"${{{text}}} names nothing")
    first, rest = parts[0], parts[1:]
    if first in known or first == "component":
        return _of_component(text, parts if first in known else rest, known)
    if first not in ("variable", "secret", "connection"):
        raise Untranslatable(f"${{{text}}} names {first}, which is no component of this recipe")
    if not rest or not isinstance(rest[0], str):
        raise Untranslatable(f"${{{text}}} does not say which {first}")
    if first != "variable" and (len(rest) > 1 or not _SECRET.fullmatch(rest[0])):
        raise Untranslatable(f"${{{text}}} is no name of a {first}")
    return Reference(first, rest[0], tuple(rest[1:]))


def found_in(value: Any) -> Iterator[str]:
    """What stands between the braces of every reference inside a value."""
    if isinstance(value, str):
        yield from (found[1].strip() for found in REFERENCE.finditer(value))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from found_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from found_in(part)


def in_flow(text: str, known: Mapping[str, Any]) -> str:
    """A text with its references in the flow's language; what looks like an expression there is kept from being one.

    Raises Untranslatable.
    """
    pieces, at = [], 0
    for found in REFERENCE.finditer(text):
        pieces += [_literal(text[at : found.start()]), f"{{{{ {read(found[1].strip(), known).expression()} }}}}"]
        at = found.end()
    return "".join([*pieces, _literal(text[at:])])


def lone(value: Any) -> str | None:
    """What is between the braces when a text is nothing but one reference."""
    found = REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[1].strip() if found else None


def _of_component(text: str, parts: list[str | int], known: Mapping[str, Any]) -> Reference:
    if not parts or parts[0] not in known:
        raise Untranslatable(f"${{{text}}} names no component of this recipe")
    name, kind = str(parts[0]), known[str(parts[0])].get("type")
    if kind == IN_TURN and parts[1:2] == ["element"]:
        return Reference("element", name, tuple(parts[2:]))
    if kind == IN_TURN or parts[1:2] != ["output"]:
        said = f"is not an output of {name}; a flow's steps read nothing else of each other"
        raise Untranslatable(f"${{{text}}} {said}")
    if kind == ITERATOR and not (parts[2:] and isinstance(parts[2], str)):
        raise Untranslatable(f"${{{text}}} does not say which output of {name}")
    return Reference("iterator" if kind == ITERATOR else "component", name, tuple(parts[2:]))


def _parts(text: str) -> list[str | int]:
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at + (text[at] == "." and at > 0))
        if found is None:
            raise Untranslatable(f"${{{text}}} cannot be read at {text[at:][:20]!r}")
        parts.append(int(found["index"]) if found["index"] else found["name"] or found["key"])
        at = found.end()
    return parts


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"['{part}']"


def _literal(text: str) -> str:
    return _OPENERS.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)
