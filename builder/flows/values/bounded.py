"""Numbers, dates, times and durations: read, held against their bounds, written as Kestra writes them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from builder.flows.durations import BadDuration, format_duration, parse_duration
from builder.flows.values.words import BadValue

_INT = re.compile(r"[-+]?[0-9]{1,300}")


def read_int(properties: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    if isinstance(value, str):
        if not _INT.fullmatch(value.strip()):
            raise ValueError
        number = int(value)
    else:
        number = int(value)
        if number != value:
            raise ValueError
    return _bounded(properties, number, lambda bound: int(bound), str)


def read_float(properties: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return _bounded(properties, number, float, str)


def read_datetime(properties: Mapping[str, Any], value: Any) -> str:
    return _dated(properties, value, _instant, _show_instant)


def read_date(properties: Mapping[str, Any], value: Any) -> str:
    return _dated(properties, value, date.fromisoformat, date.isoformat)


def read_time(properties: Mapping[str, Any], value: Any) -> str:
    return _dated(properties, value, _time, _show_time)


def read_duration(properties: Mapping[str, Any], value: Any) -> str:
    try:
        found = _duration(value)
    except BadDuration as error:
        raise BadValue(str(error)) from error
    words = ("It must be more than", "It must be less than")
    return format_duration(_bounded(properties, found, _duration, format_duration, words=words))


def _bounded(
    properties: Mapping[str, Any],
    value: Any,
    read: Callable[[Any], Any],
    show: Callable[[Any], str],
    keys: tuple[str, str] = ("min", "max"),
    words: tuple[str, str] = ("it must be more than", "it must be less than"),
) -> Any:
    least, most = (properties.get(key) for key in keys)
    if least is not None and value < read(least):
        raise BadValue(f"{words[0]} `{show(read(least))}`")
    if most is not None and value > read(most):
        raise BadValue(f"{words[1]} `{show(read(most))}`")
    return value


def _dated(properties: Mapping[str, Any], value: Any, read: Callable[[Any], Any], show: Callable[[Any], str]) -> str:
    words = ("it must be after", "it must be before")
    return show(_bounded(properties, read(value), read, show, ("after", "before"), words))


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _show_instant(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S") + _fraction(value.microsecond) + "Z"


def _time(value: Any) -> time:
    found = time.fromisoformat(value)
    if found.tzinfo is not None:
        raise ValueError
    return found


def _show_time(value: time) -> str:
    if value.second or value.microsecond:
        return value.strftime("%H:%M:%S") + _fraction(value.microsecond)
    return value.strftime("%H:%M")


def _fraction(microseconds: int) -> str:
    if not microseconds:
        return ""
    return f".{microseconds // 1000:03d}" if microseconds % 1000 == 0 else f".{microseconds:06d}"


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise TypeError
    return parse_duration(value, negative=True)
