"""Trying a template on variables that somebody typed: nothing of this product is read, no key, secret or file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builder.expressions import ExpressionError, render
from builder.expressions.trial import GivenLookups

_SAMPLE = 'for example {"inputs": {"name": "Ada"}}'
LONGEST = 20_000
"""Characters of a result that are shown."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a template gave, or the sentence that says why it gave nothing."""

    result: str = ""
    error: str = ""


def try_expression(template: str, variables: str) -> Tried:
    """Renders the template; `variables` is a JSON map, or nothing."""
    try:
        values: Any = json.loads(variables) if variables.strip() else {}
    except (ValueError, RecursionError) as error:
        return Tried(error=f"The variables are not JSON: {_place(error)}; {_SAMPLE}.")
    if not isinstance(values, Mapping):
        return Tried(error=f"The variables are a map of names and values, {_SAMPLE}.")
    try:
        return Tried(render(template, values, GivenLookups({}, values))[:LONGEST])
    except ExpressionError as error:
        return Tried(error=error.message)


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} in line {error.lineno}, column {error.colno}"
    return "they are nested too deep" if isinstance(error, RecursionError) else "a number is too long"
