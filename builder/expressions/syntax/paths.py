"""Templates of the commonest form, text with `{{ dotted.names }}` alone, read without making a tree."""

import re

from builder.expressions.limits import DEFAULT_LIMITS
from builder.expressions.syntax.expression import RESERVED

_PIECE = re.compile(r"\{\{-?\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*-?\}\}")
_OPENING = re.compile(r"\{[{%#]")
_WORDS = RESERVED | {"TRUE", "FALSE", "NULL", "NONE"}


def dotted_names(source: str) -> list[tuple[int, tuple[str, ...]]] | None:
    """Each path with its place; None where the template holds anything else, so that it must be parsed."""
    if len(source) > DEFAULT_LIMITS.template_bytes or "{%" in source or "{#" in source or "{{{" in source:
        return None
    found = [(piece.start(1), tuple(piece[1].split("."))) for piece in _PIECE.finditer(source)]
    if len(found) != len(_OPENING.findall(source)):
        return None
    return None if any(not _WORDS.isdisjoint(path) for _, path in found) else found
