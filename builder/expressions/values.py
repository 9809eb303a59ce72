"""The closed world of values in expressions: JSON values, decimals, date-times and durations; how each prints."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from builder.expressions.faults import ExpressionError
from builder.expressions.limits import LONGEST_INTEGER_BITS, Budget

Number = int | float | Decimal
_DEEPEST = 100


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def kind(value: Any) -> str:
    """What a value is, in words for an error (its content is never quoted)."""
    kinds: tuple[tuple[Any, str], ...] = (
        (type(None), "null"), (bool, "a boolean"), ((int, float, Decimal), "a number"), (str, "a text"),
        (Mapping, "a map"), ((datetime, date, time), "a date"), (timedelta, "a duration"),
    )  # fmt: skip
    otherwise = "a list" if is_list(value) else "a value"
    return next((words for types, words in kinds if isinstance(value, types)), otherwise)


def text_of(value: Any, budget: Budget) -> str:
    """A value as an expression prints it: null is empty, maps and lists are compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return number_text(value, budget)
    if isinstance(value, (datetime, date, time, timedelta)):
        return time_text(value)
    return json_text(value, budget)


def number_text(value: Number, budget: Budget) -> str:
    if isinstance(value, int):
        budget.integer(value.bit_length())
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 1000 else str(value)
    return float_text(value)


def float_text(value: float) -> str:
    """As Java prints a double: plain from 0.001 to 10 million, else with an E."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        plain = repr(value)
        return plain if "e" not in plain else f"{value:f}"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) - 1 + int(exponent)
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"


def time_text(value: datetime | date | time | timedelta) -> str:
    """As Java prints them: an instant (UTC) with seconds, a zoned or local date-time without zero seconds."""
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, datetime):
        if value.tzinfo in (UTC, None) or value.utcoffset() is None:
            whole = value.replace(tzinfo=None)
            return _clock(whole) + "Z" if value.tzinfo else _clock(whole, drop_zero=True)
        return _clock(value.replace(tzinfo=None), drop_zero=True) + offset_text(value)
    return value.isoformat()


def offset_text(value: datetime) -> str:
    offset = value.utcoffset()
    return "Z" if not offset else value.strftime("%z")[:3] + ":" + value.strftime("%z")[3:5]


def _clock(value: datetime, *, drop_zero: bool = False) -> str:
    if drop_zero and not value.second and not value.microsecond:
        return value.isoformat(timespec="minutes")
    if not value.microsecond:
        return value.isoformat(timespec="seconds")
    return value.isoformat(timespec="milliseconds" if value.microsecond % 1000 == 0 else "microseconds")


def duration_text(value: timedelta) -> str:
    """ISO 8601 with hours as the largest unit, as Java prints a Duration."""
    if not value:
        return "PT0S"
    sign = "-" if value < timedelta() else ""
    micros = abs(value) // timedelta(microseconds=1)
    minutes, micros = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{micros // 1_000_000}" + (f".{micros % 1_000_000:06d}".rstrip("0") if micros % 1_000_000 else "")
    parts = [f"{sign}{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number]
    return "PT" + "".join(parts) + (f"{sign}{seconds}S" if seconds != "0" else "")


def json_leaf(value: Any) -> Any:
    """Date-times, decimals and infinities as JSON has them; everything else as it is."""
    if isinstance(value, float) and not isfinite(value):
        return float_text(value)
    if isinstance(value, datetime):
        text = _clock(value.replace(tzinfo=None))
        return text if value.tzinfo is None else text + offset_text(value)
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return int(value) if value == value.to_integral_value() and abs(value.adjusted()) < 1000 else float(value)
    return value


def json_text(value: Any, budget: Budget) -> str:
    """Compact JSON, measured while it is made, so that a list that holds itself many times over cannot explode."""
    pieces: list[str] = []
    _Writer(pieces, budget).write(value, 0)
    return "".join(pieces)


class _Writer:
    def __init__(self, pieces: list[str], budget: Budget) -> None:
        self._pieces = pieces
        self._budget = budget
        self._length = 0

    def _put(self, text: str) -> None:
        self._length += len(text)
        if self._length > self._budget.limits.output_bytes:
            self._budget.text(self._length)
        self._budget.spend(len(text))
        self._pieces.append(text)

    def write(self, value: Any, depth: int) -> None:
        self._budget.step()
        if depth > _DEEPEST:
            raise ExpressionError(f"The value is nested more than {_DEEPEST} levels deep")
        if isinstance(value, str):
            self._put(encode_basestring(value))
        elif isinstance(value, Mapping):
            self._map(value, depth)
        elif is_list(value):
            self._list(value, depth)
        else:
            self._put(self._scalar(value))

    def _scalar(self, value: Any) -> str:
        if value is None or isinstance(value, bool):
            return json.dumps(value)
        if isinstance(value, (int, float, Decimal)):
            text = number_text(value, self._budget)
            return f'"{text}"' if text in ("NaN", "Infinity", "-Infinity") else text
        leaf = json_leaf(value)
        return str(encode_basestring(leaf if isinstance(leaf, str) else f"({type(value).__name__})"))

    def _map(self, value: Mapping[Any, Any], depth: int) -> None:
        opening = "{"
        for key, entry in value.items():
            self._put(opening + encode_basestring(text_of(key, self._budget)) + ":")
            self.write(entry, depth + 1)
            opening = ","
        self._put("{}" if opening == "{" else "}")

    def _list(self, value: Any, depth: int) -> None:
        opening = "["
        for entry in value:
            self._put(opening)
            self.write(entry, depth + 1)
            opening = ","
        self._put("[]" if opening == "[" else "]")


def read_json(text: str, budget: Budget) -> Any:
    """JSON text as a value; its memory is asked for before it is made."""
    budget.spend(len(text) + 80 * (text.count("[") + text.count("{")) + 24 * text.count(","))
    try:
        return json.loads(text, parse_int=_bounded_integer, parse_constant=_no_constant)
    except RecursionError:
        raise ExpressionError("The JSON is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ExpressionError(f"The text is not valid JSON: {error.msg} at line {error.lineno}, "
                              f"column {error.colno}") from None  # fmt: skip


def _bounded_integer(digits: str) -> int:
    if len(digits) * 3.33 > LONGEST_INTEGER_BITS:
        raise ExpressionError("The JSON holds a number of more than 990 digits")
    return int(digits)


def _no_constant(word: str) -> Any:
    raise ExpressionError(f"The text is not valid JSON: {word} is not a JSON value")


def result_to_json(value: Any) -> Any:
    """A typed result as plain JSON values: date-times and durations become text, sets become lists."""
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else str(json_leaf(key)): result_to_json(entry)
                for key, entry in value.items()}  # fmt: skip
    if is_list(value):
        return [result_to_json(entry) for entry in value]
    return json_leaf(value)


def truthy(value: Any) -> bool:
    """Kestra's truth test of a rendered text: false for null, "false", "0", "-0" and the empty text only."""
    if isinstance(value, bool):
        return value
    if is_number(value):
        return bool(value != 0)
    return value is not None and value not in ("false", "0", "-0", "")
