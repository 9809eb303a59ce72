"""What a given value means for an input's (or output's) type: read, judged by its bounds, kept as JSON."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import regex

from builder.flows.document import parse
from builder.flows.durations import BadDuration, format_duration, parse_duration
from builder.flows.limits import DEFAULT as LIMITS

VALIDATOR_SECONDS = 0.05
"""A validator that takes longer is given up: its pattern explodes on this text."""

_URI = re.compile(r"[a-z]+://[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b[-a-zA-Z0-9()@:%_+.~#?&/=,;!*'$\[\]]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_INT = re.compile(r"[-+]?[0-9]{1,300}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_SHOWN = 200


class BadValue(ValueError):
    """A value does not fit its type; the message is the middle of Kestra's sentence."""


def parse_value(kind: str, properties: Mapping[str, Any], value: Any) -> Any:
    """The value as it is kept. Raises BadValue. FILE and SECRET are read as text: their keeping is the caller's."""
    read = _READERS[kind]
    try:
        found = read(properties, value)
    except BadValue:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadValue(f"Expected `{kind}` but received `{received(value)}`") from error
    _check_storable(found)
    return found


def _check_storable(value: Any) -> None:
    """Databases refuse U+0000 and lone surrogates, and deep nesting would break who walks it."""
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > LIMITS.depth:
            raise BadValue(f"it is nested more than {LIMITS.depth} levels deep")
        if isinstance(item, str) and _UNSTORABLE.search(item):
            raise BadValue("it holds a character that cannot be stored (U+0000, or half of a pair)")
        if isinstance(item, dict):
            waiting += [(part, depth + 1) for entry in item.items() for part in entry]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]


def received(value: Any) -> str:
    """A value as an error message repeats it: short, and null for nothing."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = _UNSTORABLE.sub("\ufffd", text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def as_text(value: Any) -> str:
    """A scalar as text, truths as JSON writes them; maps and lists as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def choices(properties: Mapping[str, Any]) -> list[str]:
    """The values that may be chosen, of texts or of maps with label and value."""
    return [
        as_text(item.get("value")) if isinstance(item, Mapping) else as_text(item)
        for item in properties.get("values") or ()
    ]


def _string(properties: Mapping[str, Any], value: Any) -> str:
    text = as_text(value)
    pattern = properties.get("validator")
    if pattern is None:
        return text
    try:
        matched = regex.fullmatch(pattern, text, timeout=VALIDATOR_SECONDS)
    except TimeoutError as error:
        raise BadValue(f"its validator `{pattern}` takes too long on this text: simplify the pattern") from error
    except regex.error as error:
        raise BadValue(f"its validator `{pattern}` is not a valid regular expression") from error
    if matched is None:
        raise BadValue(f"it must match the pattern `{pattern}`")
    return text


def _int(properties: Mapping[str, Any], value: Any) -> Any:
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


def _float(properties: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return _bounded(properties, number, float, str)


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


def _bool(properties: Mapping[str, Any], value: Any) -> bool:
    return value if isinstance(value, bool) else as_text(value).lower() == "true"


def _select(properties: Mapping[str, Any], value: Any) -> str:
    text = as_text(value)
    allowed = choices(properties)
    if text not in allowed and not properties.get("allowCustomValue"):
        raise BadValue(f"it must match the values `[{', '.join(allowed)}]`")
    return text


def _list(value: Any) -> list[Any]:
    items = json.loads(value) if isinstance(value, str) else value
    if not isinstance(items, list):
        raise ValueError
    return items


def _multiselect(properties: Mapping[str, Any], value: Any) -> list[Any]:
    kind = properties.get("itemType", "STRING")
    return [_item(kind, _select(properties, item)) for item in _list(value)]


def _array(properties: Mapping[str, Any], value: Any) -> list[Any]:
    return [_item(properties.get("itemType", "STRING"), item) for item in _list(value)]


def _item(kind: str, value: Any) -> Any:
    try:
        return parse_value(kind, {}, value)
    except BadValue as error:
        raise BadValue(f"Unable to parse array element as `{kind}` on `{received(value)}`") from error


def _read_instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _show_instant(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S") + _fraction(value.microsecond) + "Z"


def _show_time(value: time) -> str:
    if value.second or value.microsecond:
        return value.strftime("%H:%M:%S") + _fraction(value.microsecond)
    return value.strftime("%H:%M")


def _fraction(microseconds: int) -> str:
    if not microseconds:
        return ""
    return f".{microseconds // 1000:03d}" if microseconds % 1000 == 0 else f".{microseconds:06d}"


def _read_time(value: Any) -> time:
    found = time.fromisoformat(value)
    if found.tzinfo is not None:
        raise ValueError
    return found


def _read_duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise TypeError
    return parse_duration(value, negative=True)


def _duration(properties: Mapping[str, Any], value: Any) -> str:
    try:
        found = _read_duration(value)
    except BadDuration as error:
        raise BadValue(str(error)) from error
    words = ("It must be more than", "It must be less than")
    return format_duration(_bounded(properties, found, _read_duration, format_duration, words=words))


def _json(properties: Mapping[str, Any], value: Any) -> Any:
    return json.loads(value, parse_constant=_refuse) if isinstance(value, str) else value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _yaml(properties: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    document = parse(value)
    if document.problems:
        problem = document.problems[0]
        raise BadValue(f"it is not valid YAML: line {problem.line}: {problem.message}")
    return document.data


def _uri(properties: Mapping[str, Any], value: Any) -> str:
    if not _URI.fullmatch(value):
        raise ValueError
    return str(value)


def _email(properties: Mapping[str, Any], value: Any) -> str:
    if value != "" and not _EMAIL.fullmatch(value):
        raise BadValue("The input must be a valid email")
    return str(value)


_READERS: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "STRING": _string,
    "SECRET": _string,
    "FILE": lambda properties, value: as_text(value),
    "INT": _int,
    "FLOAT": _float,
    "BOOL": _bool,
    "BOOLEAN": _bool,
    "SELECT": _select,
    "ENUM": _select,
    "MULTISELECT": _multiselect,
    "ARRAY": _array,
    "DATETIME": lambda properties, value: _dated(properties, value, _read_instant, _show_instant),
    "DATE": lambda properties, value: _dated(properties, value, date.fromisoformat, date.isoformat),
    "TIME": lambda properties, value: _dated(properties, value, _read_time, _show_time),
    "DURATION": _duration,
    "JSON": _json,
    "YAML": _yaml,
    "URI": _uri,
    "EMAIL": _email,
}
