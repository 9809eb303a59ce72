"""The tests of `is`: `is defined` is the evaluator's own, the others are here."""

from collections.abc import Mapping
from typing import Any

from builder.expressions.evaluation import operators
from builder.expressions.evaluation.arguments import whole
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import test_
from builder.expressions.values import is_list, read_json


@test_("defined", "Whether the variable is there and not null.", "{{ missing is defined }}", "false")
def is_defined(session: Session, value: Any) -> bool:
    return value is not None


@test_("null", "Whether the value is null.", "{{ null is null }}", "true")
def is_null(session: Session, value: Any) -> bool:
    return value is None


@test_("empty", "Whether the value is null, a blank text, or holds nothing.", "{{ [] is empty }}", "true")
def is_empty(session: Session, value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or ((isinstance(value, Mapping) or is_list(value)) and not value)


@test_("even", "Whether the whole number is even.", "{{ 4 is even }}", "true")
def is_even(session: Session, value: Any) -> bool:
    return whole(value, "The value of even") % 2 == 0


@test_("odd", "Whether the whole number is odd.", "{{ 4 is odd }}", "false")
def is_odd(session: Session, value: Any) -> bool:
    return whole(value, "The value of odd") % 2 == 1


@test_("map", "Whether the value is a map.", '{{ {"a": 1} is map }}', "true")
def is_map(session: Session, value: Any) -> bool:
    return isinstance(value, Mapping)


@test_("iterable", "Whether the value is a list.", "{{ [1] is iterable }}", "true")
def is_iterable(session: Session, value: Any) -> bool:
    return is_list(value)


@test_("equals", "The same as ==.", "{{ 1 is equals(1) }}", "true")
def is_equal(session: Session, value: Any, value_: Any) -> bool:
    return operators.equal(value, value_, session.budget)


@test_("json", "Whether the text is valid JSON.", "{{ '{}' is json }}", "true")
def is_json(session: Session, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        read_json(value, session.budget)
    except ExpressionError:
        return False
    return True
