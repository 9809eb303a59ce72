"""Amazon Ion as text, the part that JSON values need: written by toIon, read by fromIon."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from builder.expressions.faults import ExpressionError
from builder.expressions.limits import DEFAULT_LIMITS, Budget
from builder.expressions.values import float_text, is_list, json_leaf, number_text, read_json, text_of

_SYMBOL = re.compile(r"[A-Za-z_$][\w$]*")
_RESERVED = frozenset({"null", "true", "false", "nan"})
_DEEPEST = 100
_END = re.compile(r"\s*\Z")
_TOKEN = re.compile(r"""\s*(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{}\[\]:,()]|[^\s{}\[\]:,()"']+)""", re.DOTALL)


def ion_text(value: Any, budget: Budget, depth: int = 0) -> str:
    """A value as one line of Ion."""
    budget.step()
    if depth > _DEEPEST:
        raise ExpressionError(f"The value is nested more than {_DEEPEST} levels deep")
    if isinstance(value, Mapping):
        parts = [f"{_key(text_of(key, budget))}:{ion_text(entry, budget, depth + 1)}" for key, entry in value.items()]
        return _measured("{" + ",".join(parts) + "}", budget)
    if is_list(value):
        return _measured("[" + ",".join(ion_text(item, budget, depth + 1) for item in value) + "]", budget)
    return _measured(_scalar(value, budget), budget)


def _measured(text: str, budget: Budget) -> str:
    budget.text(len(text))
    return text


def _key(name: str) -> str:
    plain = _SYMBOL.fullmatch(name) and name not in _RESERVED
    return name if plain else "'" + encode_basestring(name)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def _scalar(value: Any, budget: Budget) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = float_text(value)
        return text.replace("E", "e") if "E" in text else text + "e0"
    if isinstance(value, (int, Decimal)):
        return number_text(value, budget)
    leaf = json_leaf(value)
    return leaf if isinstance(value, datetime) and isinstance(leaf, str) else encode_basestring(str(leaf))


def read_ion(text: str, budget: Budget) -> list[Any]:
    """The values of an Ion (or JSON lines) text, one after another."""
    budget.spend(len(text) + 80 * (text.count("[") + text.count("{")) + 40 * text.count(","))
    return _Reader(text, budget).values()


def read_row(text: str) -> Any:
    """The value of one line of a file of items, Ion or JSON. Raises ExpressionError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        values = read_ion(text, Budget(DEFAULT_LIMITS))
    if len(values) != 1:
        raise ExpressionError(f"It holds {len(values)} values where one is wanted")
    return values[0]


class _Reader:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        self._at = 0
        self._budget = budget

    def values(self) -> list[Any]:
        found = []
        while not _END.match(self._text, self._at):
            found.append(self._value(0))
            self._budget.items(1)
        return found

    def _token(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise ExpressionError("The text is not valid Ion: it ends too early")
        self._at = found.end()
        self._budget.step()
        return found.group().strip()

    def _peek(self) -> str:
        at, token = self._at, self._token()
        self._at = at
        return token

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ExpressionError("The Ion is nested too deep")
        token = self._token()
        if token == "{":
            return self._struct(depth)
        if token == "[":
            return self._list(depth)
        return self._atom(token)

    def _struct(self, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while self._peek() != "}":
            key = self._token()
            if self._token() != ":":
                raise ExpressionError("The text is not valid Ion: a `:` is missing")
            entries[str(self._atom('"' + key[1:-1] + '"')) if key[0] in "\"'" else key] = self._value(depth + 1)
            if self._peek() == ",":
                self._token()
        self._token()
        return entries

    def _list(self, depth: int) -> list[Any]:
        items = []
        while self._peek() != "]":
            items.append(self._value(depth + 1))
            if self._peek() == ",":
                self._token()
        self._token()
        return items

    def _atom(self, token: str) -> Any:
        if token in ("}", "]", ",", ":", "(", ")"):
            raise ExpressionError(f"The text is not valid Ion: `{token}` has no meaning there")
        if token[0] == '"':
            return read_json(token.replace("\\'", "'"), self._budget)
        if token in ("true", "false") or token.startswith("null"):
            return {"true": True, "false": False}.get(token)
        if re.fullmatch(r"-?\d+", token, re.ASCII):
            return read_json(token, self._budget)
        if re.fullmatch(r"-?\d+(\.\d*)?([eEdD][+-]?\d+)?", token, re.ASCII):
            return float(token.replace("d", "e").replace("D", "e"))
        return token.strip("'")
