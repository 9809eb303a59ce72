"""The `condition` of a component as the expression of `runIf`."""

import re
from collections.abc import Mapping
from typing import Any

from builder.flows.recipes.references import Untranslatable, read

_TOKEN = re.compile(
    r"""\s*(?:(?P<reference>\$\{[^{}]*\})|(?P<text>"[^"\\]*"|`[^`]*`|'[^'\\]*')|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>true|false)\b|(?P<sign>&&|\|\||[=!<>]=|[!<>()+*/%-]))"""
)
_SIGNS = {"&&": "and", "||": "or", "!": "not"}


def expression(condition: str, known: Mapping[str, Any]) -> str:
    """The condition in the flow's language, without its braces. Raises Untranslatable."""
    words, at, text = [], 0, condition.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Untranslatable(f"the condition cannot be read at {text[at:].strip()[:20]!r}")
        words.append(_word(found, known))
        at = found.end()
    if not words:
        raise Untranslatable("the condition is empty")
    return " ".join(words).replace("( ", "(").replace(" )", ")")


def all_of(conditions: list[str]) -> str:
    """One expression that holds when all of them do."""
    distinct = list(dict.fromkeys(conditions))
    return distinct[0] if len(distinct) == 1 else " and ".join(f"({one})" for one in distinct)


def _word(found: re.Match[str], known: Mapping[str, Any]) -> str:
    if found["reference"]:
        return read(found["reference"][2:-1].strip(), known).expression()
    if found["text"]:
        inner = found["text"][1:-1]
        if "'" in inner:
            raise Untranslatable("the condition compares with a text that holds a quote")
        return f"'{inner}'"
    return found["number"] or found["word"] or _SIGNS.get(found["sign"], found["sign"])
