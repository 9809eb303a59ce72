"""Variables written as JSON or YAML that need more than JSON has: `{"$type": "zoned_datetime", "value": "..."}`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from builder.expressions.dates.reading import read_date
from builder.expressions.faults import ExpressionError


def read_typed(value: Any) -> Any:
    """The same structure with every typed entry as its value."""
    if isinstance(value, Mapping):
        if set(value) == {"$type", "value"}:
            return _typed(str(value["$type"]), value["value"])
        return {key: read_typed(entry) for key, entry in value.items()}
    return [read_typed(item) for item in value] if isinstance(value, list) else value


def _typed(name: str, value: Any) -> Any:
    if name not in _READ:
        raise ExpressionError(f"There is no type `{name}`", hint="types are " + ", ".join(_READ))
    try:
        return _READ[name](value)
    except (TypeError, ValueError, OverflowError):
        raise ExpressionError(f"The value of the {name} cannot be read") from None


def _duration(value: str) -> timedelta:
    return TypeAdapter(timedelta).validate_python(value)


_READ: dict[str, Callable[[Any], Any]] = {
    "zoned_datetime": lambda value: read_date(value, UTC),
    "local_datetime": lambda value: read_date(value, UTC).replace(tzinfo=None),
    "instant": lambda value: read_date(value, UTC).astimezone(UTC),
    "epoch_date_ms": lambda value: datetime.fromtimestamp(value / 1000, UTC),
    "set": lambda value: read_typed(value),
    "uri": str,
    "duration": _duration,
}
