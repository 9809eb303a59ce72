"""What a scalar means: YAML 1.2's core types, as JSON has them; all else is text."""

import math
import re
from typing import Any

from builder.flows.nodes import Node, Style

_PREFIX = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

COLLECTION_TAGS = frozenset({_PREFIX + "map", _PREFIX + "seq"})
SCALAR_TAGS = frozenset(_PREFIX + name for name in ("str", "int", "float", "bool", "null"))


class TooManyDigits(ValueError):
    """A whole number is longer than the limit."""


def shown_tag(tag: str) -> str:
    """A tag as people write it: `!!binary`."""
    return "!!" + tag[len(_PREFIX) :] if tag.startswith(_PREFIX) else tag


def plain_value(text: str, digits: int) -> Any:
    """What an unquoted scalar means. Infinity and not-a-number stay text: JSON has neither."""
    if text in _NULLS:
        return None
    if text[0] not in "+-.0123456789tTfF":
        return text
    if text in _TRUTHS:
        return _TRUTHS[text]
    number = _number(text, digits)
    return text if number is None else number


def _number(text: str, digits: int) -> int | float | None:
    if _INT.fullmatch(text):
        if len(text) > digits:
            raise TooManyDigits
        return int(text)
    for pattern, base in ((_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            if len(text) > digits:
                raise TooManyDigits
            return int(text[2:], base)
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else None
    return None


def scalar_value(node: Node, digits: int) -> Any:
    """The value of a scalar node; a quoted or tagged text is what it says it is."""
    if node.tag is None:
        return plain_value(node.text, digits) if node.style is Style.PLAIN else node.text
    if node.tag not in SCALAR_TAGS or node.tag == _PREFIX + "str":
        return node.text
    return plain_value(node.text, digits)
