"""Filters on numbers."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

from builder.expressions.evaluation.arguments import number, only_text
from builder.expressions.evaluation.session import Session
from builder.expressions.evaluation.writers import class_name
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import filter_

_PATTERN = re.compile(r"((?:'[^']*'|[^#0,.'])*)([#0,]*(?:\.[#0]*)?)(?:E(0+))?((?:'[^']*'|[^#0,.'])*)")
_WRITTEN = re.compile(r"([+-]?)(?:0[xX]|#)([0-9a-fA-F]+)|([+-]?[0-9]+)[lL]?|(.+?)[fFdD]?", re.DOTALL)
_MOST_DIGITS = 990
_BOUNDS = {"INT": 31, "LONG": 63}


@filter_("abs", "The number without its sign.", "{{ -7 | abs }}", "7")
def abs_(session: Session, value: Any) -> Any:
    return abs(number(value, "The value of abs"))


@filter_("number", "A text as a number; type is INT, LONG, FLOAT, DOUBLE, BIGDECIMAL or BIGINTEGER.",
         "{{ ('42' | number) + 1 }}", "43")  # fmt: skip
def number_(session: Session, value: Any, type: Any = None) -> Any:
    source = only_text(value, "The value of number").strip()
    if len(source) > _MOST_DIGITS:
        raise ExpressionError(f"A number has at most {_MOST_DIGITS} digits")
    wanted = only_text(type, "The type").upper() if type is not None else ""
    try:
        return _converted(source, wanted) if wanted else _guessed(source)
    except (ValueError, InvalidOperation, OverflowError):
        raise ExpressionError(f"The text is not a number{' of type ' + wanted[:20] if wanted else ''}") from None


def _guessed(source: str) -> Any:
    """As Java's createNumber: hexadecimal after 0x or #, a letter for the size at the end."""
    found = _WRITTEN.fullmatch(source)
    if found is None:
        raise ValueError
    sign, digits, whole, fraction = found.groups()
    return int(sign + digits, 16) if digits else int(whole) if whole else float(fraction)


def _converted(source: str, wanted: str) -> Any:
    if wanted in ("INT", "LONG", "BIGINTEGER"):
        whole = int(source)
        if not -(2 ** _BOUNDS.get(wanted, 4000)) <= whole < 2 ** _BOUNDS.get(wanted, 4000):
            raise ValueError
        return whole
    if wanted in ("FLOAT", "DOUBLE"):
        return float(source)
    if wanted == "BIGDECIMAL":
        exact = Decimal(source)
        if not exact.is_finite() or abs(exact.adjusted()) > _MOST_DIGITS:
            raise ValueError
        return exact
    raise ExpressionError("There is no such type", hint="use INT, LONG, FLOAT, DOUBLE, BIGDECIMAL or BIGINTEGER")


@filter_("numberFormat", "A number by a pattern of # and 0.", "{{ 1234.5 | numberFormat('#,##0.00') }}", "1,234.50")
def number_format(session: Session, value: Any, format: Any = "#,##0.###", locale: Any = None) -> str:
    amount = number(value, "The value of numberFormat")
    positive, _, negative = only_text(format, "The format")[:200].partition(";")
    found, below = _PATTERN.fullmatch(positive), _PATTERN.fullmatch(negative) if negative else None
    exact = Decimal(str(amount))
    if found is None or not exact.is_finite() or (negative and below is None):
        raise ExpressionError("The pattern of the number is not valid", hint="for example #,##0.00")
    before, digits, exponent, after = found.groups()
    marks = before + after
    exact = exact * 100 if "%" in marks else exact * 1000 if "‰" in marks else exact
    body = _scientific(exact.copy_abs(), digits, len(exponent)) if exponent else _digits(exact.copy_abs(), digits)
    is_below = exact < 0 and re.search(r"[1-9]", body)
    if is_below and below:
        before, after = below.group(1), below.group(4)
    return ("-" if is_below and not below else "") + before.replace("'", "") + body + after.replace("'", "")


def _scientific(amount: Decimal, pattern: str, width: int) -> str:
    """`0.###E0`: the digits before the point as many as the pattern has zeros there."""
    before = max(1, pattern.partition(".")[0].count("0"))
    power = amount.adjusted() - before + 1 if amount else 0
    return f"{_digits(amount.scaleb(-power), pattern)}E{'-' if power < 0 else ''}{abs(power):0{width}d}"


def _digits(amount: Decimal, pattern: str) -> str:
    whole, _, fraction = pattern.partition(".")
    places = Decimal(1).scaleb(-len(fraction))
    rounded = amount.quantize(places, ROUND_HALF_EVEN, Context(prec=1100))
    left, _, right = format(rounded, "f").partition(".")
    left = left.lstrip("0").rjust(whole.count("0"), "0")
    least = fraction.count("0")
    right = right[:least] + right[least:].rstrip("0")
    if "," in whole:
        size = len(whole) - whole.rindex(",") - 1
        left = _grouped(left, size) if size else left
    return (left or ("0" if not right else "")) + ("." + right if right else "")


def _grouped(digits: str, size: int) -> str:
    head = len(digits) % size
    rest = [digits[at : at + size] for at in range(head, len(digits), size)]
    return ",".join(([digits[:head]] if head else []) + rest)


@filter_("className", "The Java name of the value's type, as in Kestra.", "{{ 1 | className }}", "java.lang.Integer")
def class_name_(session: Session, value: Any) -> str:
    return class_name(value)
