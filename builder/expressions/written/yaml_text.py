"""Values as YAML text, laid out as Kestra does: dashes one space in, what is nested on lines of its own."""

import json
import re
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from typing import Any

from builder.expressions.limits import Budget
from builder.expressions.values import float_text, json_text
from builder.expressions.written.yaml_read import check_size

_RESERVED = frozenset({"~"}) | frozenset(
    word
    for plain in ("false", "n", "no", "null", "on", "off", "true", "y", "yes")
    for word in (plain, plain.capitalize(), plain.upper())
)
_QUOTED = re.compile(r"[\[\]{},]|(?:^|[ \t])#|:(?:\s|$)|[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff]|\t")
_NO_PLAIN = re.compile(r"[!&*|>'\"%@`]|[-?:](?:\s|$)|---|\.\.\.|\s|.*\s\Z", re.DOTALL)
_NO_BLOCK = re.compile(r"[ \t]\n|[ \t]\Z|[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\U0010ffff]")


def yaml_text(value: Any, budget: Budget) -> str:
    """Block style, ends with a new line. Texts that look like numbers stand without quotes."""
    plain = json_text(value, budget)
    check_size(plain)
    text = "".join(_lines(json.loads(plain), 0)).lstrip("\n") + "\n"
    budget.text(len(text))
    return text


def _lines(value: Any, indent: int) -> Iterator[str]:
    """The text after a key or a dash: a scalar after a space, a list or map on the following lines."""
    if isinstance(value, Mapping) and value:
        for key, entry in value.items():
            is_list = isinstance(entry, list)
            yield f"\n{' ' * indent}{_key(key)}:"
            yield from _value(entry, indent if is_list else indent + 2)
    elif isinstance(value, list) and value:
        for item in value:
            yield f"\n{' ' * (indent + 1)}-"
            yield from _value(item, indent + 2)
    else:
        yield "{}" if value == {} else "[]" if value == [] else _scalar(value, indent + 2)


def _value(value: Any, indent: int) -> Iterator[str]:
    is_nested = isinstance(value, (Mapping, list)) and value
    if not is_nested:
        yield " "
    yield from _lines(value, indent if is_nested else max(0, indent - 2))


def _key(name: str) -> str:
    """A key that begins like a number is put in quotes."""
    if not name or name in _RESERVED or "\n" in name or name[0] in "-+.0123456789":
        return f"'{name}'" if name in ("-", ".", "+") else encode_basestring(name)
    return _quoted(name) if _NO_PLAIN.match(name) or _QUOTED.search(name) else name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _scalar(value: Any, indent: int) -> str:
    if isinstance(value, float):
        return float_text(value)
    if not isinstance(value, str):
        return json.dumps(value)
    if "\n" in value and not _NO_BLOCK.search(value):
        return _block(value, indent)
    if not value or value in _RESERVED or "\n" in value or _QUOTED.search(value):
        return encode_basestring(value)
    return _quoted(value) if _NO_PLAIN.match(value) else value


def _block(text: str, indent: int) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    hint = "2" if text[0] in " \n" else ""
    chomp = hint + ("-" if ends == 0 else "" if ends == 1 else "+")
    lines = [" " * indent + line if line else "" for line in body.split("\n")]
    return "|" + chomp + "\n" + "\n".join(lines) + "\n" * max(0, ends - 1)
