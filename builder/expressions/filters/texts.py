"""Filters that turn a text into another."""

from typing import Any

from builder.expressions.registry import filter_
from builder.expressions.session import Session
from builder.expressions.values import text_of


@filter_("upper", "The text in capital letters.", "{{ 'ada' | upper }}", "ADA")
def upper(session: Session, value: Any) -> str:
    return text_of(value, session.budget).upper()


@filter_("lower", "The text in small letters.", "{{ 'ADA' | lower }}", "ada")
def lower(session: Session, value: Any) -> str:
    return text_of(value, session.budget).lower()
