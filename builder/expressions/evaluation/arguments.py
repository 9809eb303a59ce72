"""Reads the arguments and inputs of filters and functions as what they must be, or says what they are instead."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.values import is_list, is_number, kind, text_of

_LARGEST = 2**63


def text(session: Session, value: Any) -> str:
    """Anything as its text."""
    return text_of(value, session.budget)


def whole(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise ExpressionError(f"{what} must be a whole number, not {kind(value)}")
    return value


def number(value: Any, what: str) -> int | float | Decimal:
    if not is_number(value):
        raise ExpressionError(f"{what} must be a number, not {kind(value)}")
    return value  # type: ignore[no-any-return]


def items(value: Any, what: str) -> list[Any]:
    if not is_list(value):
        raise ExpressionError(f"{what} must be a list, not {kind(value)}")
    return list(value)


def mapping(value: Any, what: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise ExpressionError(f"{what} must be a map, not {kind(value)}")
    return value


def only_text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{what} must be a text, not {kind(value)}")
    return value


def made(session: Session, result: str) -> str:
    """A text whose size is known to be near that of its source: counted after it was made."""
    session.budget.text(len(result), wide=not result.isascii())
    return result
