"""Which dialect a flow is written in: the names that only one side has, each with its place and the newer name."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from builder.errors import Path
from builder.flows.dialects import renames

Canonical = Callable[[str], str | None]
"""The canonical name of a type; None when it is not known."""

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OLD_WORDS = tuple((re.compile(pattern), found, instead) for pattern, found, instead in renames.OLD_WORDS)
_NEW_WORDS = tuple((re.compile(pattern), found) for pattern, found in renames.NEW_WORDS)
_TRIGGER_FLOW = "core.trigger.Flow"
_MOST = 200


class Dialect(StrEnum):
    """`ANY`: nothing in the text tells the sides apart. `MIXED`: names of both."""

    ANY = "any"
    OLD = "1.x"
    NEW = "2.0"
    MIXED = "mixed"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Dialect.ANY: "This flow means the same in every release of Kestra's language.",
    Dialect.OLD: "This flow is written in the language of Kestra 0.x and 1.x.",
    Dialect.NEW: "This flow is written in the language of Kestra 2.0.",
    Dialect.MIXED: "This flow mixes the language of Kestra 1.x with that of 2.0; both are understood.",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """A name of one side; `instead` is what 2.0 writes, empty for a name of its own."""

    path: Path
    written: str
    instead: str = ""

    @property
    def message(self) -> str:
        return f"{self.written} is the older name; Kestra 2.0 writes {self.instead}" if self.instead else self.written


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a text speaks, and by which signs."""

    dialect: Dialect
    signs: tuple[Sign, ...]

    @property
    def hints(self) -> tuple[Sign, ...]:
        """The older names, each once a place."""
        return tuple(sign for sign in self.signs if sign.instead)


def spoken(data: Any, canonical: Canonical) -> Spoken:
    """The dialect of a flow's data; whatever the data are."""
    signs: list[Sign] = []
    for sign in _Walk(canonical).flow(data) if isinstance(data, Mapping) else ():
        if sign not in signs:
            signs.append(sign)
        if len(signs) >= _MOST:
            break
    old, new = any(sign.instead for sign in signs), any(not sign.instead for sign in signs)
    dialect = Dialect.MIXED if old and new else Dialect.OLD if old else Dialect.NEW if new else Dialect.ANY
    return Spoken(dialect, tuple(signs))


class _Walk:
    def __init__(self, canonical: Canonical) -> None:
        self._canonical = canonical

    def flow(self, flow: Mapping[str, Any]) -> Iterator[Sign]:
        yield from _renamed((), flow, renames.OLD_FLOW_KEYS)
        yield from (Sign((key,), key) for key in renames.NEW_FLOW_KEYS if key in flow)
        yield from _inputs(("inputs",), flow.get("inputs"))
        yield from _checks(flow.get("checks"))
        for key, value in flow.items():
            if key != "description":
                yield from self._value((key,), value)

    def _value(self, path: Path, value: Any) -> Iterator[Sign]:
        if isinstance(value, str):
            yield from _words(path, value)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._value((*path, index), item)
        elif isinstance(value, Mapping):
            yield from self._map(path, value)

    def _map(self, path: Path, value: Mapping[str, Any]) -> Iterator[Sign]:
        if isinstance(value.get("type"), str) and path[0] not in ("inputs", "outputs", "variables"):
            yield from self._typed(path, value, value["type"])
        if path[-1:] == ("retry",):
            yield from _renamed(path, value, renames.OLD_RETRY_KEYS)
        for key, item in value.items():
            yield from self._value((*path, key), item)

    def _typed(self, path: Path, written: Mapping[str, Any], name: str) -> Iterator[Sign]:
        full = self._canonical(name) or name
        if name.startswith(renames.OLD_PACKAGES) and full != name:
            yield Sign((*path, "type"), name, full)
        short = _short(name) if _short(name) in renames.OLD_TYPES else _short(full)
        yield from _types((*path, "type"), short)
        if path[0] == "triggers" and len(path) == 2:
            yield from _trigger(path, written, short)
        yield from _renamed(path, written, renames.OLD_TASK_KEYS.get(short, {}))
        if short.startswith(renames.SCRIPTS):
            yield from _renamed(path, written, renames.OLD_SCRIPT_KEYS)
        if isinstance(written.get("onResume"), list):
            yield from _inputs((*path, "onResume"), written["onResume"])


def _short(name: str) -> str:
    return name.removeprefix(renames.PLUGIN)


def _types(path: Path, short: str) -> Iterator[Sign]:
    if short in renames.OLD_TYPES:
        yield Sign(path, short, renames.OLD_TYPES[short])
    elif short.startswith(renames.CONDITIONS):
        yield Sign(path, short, "an expression in the trigger's when")
    elif short in renames.NEW_TYPES:
        yield Sign(path, short)


def _trigger(path: Path, written: Mapping[str, Any], short: str) -> Iterator[Sign]:
    yield from _renamed(path, written, renames.OLD_TRIGGER_KEYS)
    new = (*renames.NEW_TRIGGER_KEYS, *(renames.NEW_FLOW_TRIGGER_KEYS if short == _TRIGGER_FLOW else ()))
    yield from (Sign((*path, key), key) for key in new if key in written)


def _inputs(path: Path, declared: Any) -> Iterator[Sign]:
    for index, item in enumerate(declared if isinstance(declared, list) else ()):
        if not isinstance(item, Mapping):
            continue
        place = (*path, index)
        yield from _renamed(place, item, renames.OLD_INPUT_KEYS)
        kind = item.get("type")
        if isinstance(kind, str) and kind in renames.OLD_INPUT_TYPES:
            yield Sign((*place, "type"), kind, renames.OLD_INPUT_TYPES[kind])
        elif kind in renames.NEW_INPUT_TYPES:
            yield Sign((*place, "type"), str(kind))
        yield from _inputs((*place, "inputs"), item.get("inputs"))


def _checks(checks: Any) -> Iterator[Sign]:
    for index, item in enumerate(checks if isinstance(checks, list) else ()):
        if isinstance(item, Mapping) and "condition" in item:
            yield Sign(("checks", index, "condition"), "condition", "when")
        elif isinstance(item, Mapping) and "when" in item:
            yield Sign(("checks", index, "when"), "when")


def _renamed(path: Path, written: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Sign]:
    for key, instead in names.items():
        if key in written:
            yield Sign((*path, key), key, instead)


def _words(path: Path, text: str) -> Iterator[Sign]:
    if "{" not in text:
        return
    inside = " ".join(_EXPRESSION.findall(text))
    for pattern, found, instead in _OLD_WORDS:
        if pattern.search(inside):
            yield Sign(path, found, instead)
    for pattern, found in _NEW_WORDS:
        if pattern.search(inside):
            yield Sign(path, found)
