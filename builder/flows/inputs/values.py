"""What a given value means for an input's (or output's) type: read, judged by its bounds, kept as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from builder.flows.inputs.kinds import kind_name, own_properties
from builder.flows.limits import DEFAULT as LIMITS
from builder.flows.values.bounded import read_date, read_datetime, read_duration, read_float, read_int, read_time
from builder.flows.values.documents import read_ion_value, read_json, read_yaml
from builder.flows.values.texts import choices, read_bool, read_email, read_select, read_string, read_uri
from builder.flows.values.words import UNSTORABLE, BadValue, as_text, received

__all__ = ["BadValue", "as_text", "choices", "parse_value", "received"]


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
        if isinstance(item, str) and UNSTORABLE.search(item):
            raise BadValue("it holds a character that cannot be stored (U+0000, or half of a pair)")
        if isinstance(item, dict):
            waiting += [(part, depth + 1) for entry in item.items() for part in entry]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]


def _list(value: Any) -> list[Any]:
    items = json.loads(value) if isinstance(value, str) else value
    if not isinstance(items, list):
        raise ValueError
    return items


def _multiselect(properties: Mapping[str, Any], value: Any) -> list[Any]:
    kind = properties.get("itemType", "STRING")
    return [_item(kind, read_select(properties, item)) for item in _list(value)]


def _array(properties: Mapping[str, Any], value: Any) -> list[Any]:
    return [_item(properties.get("itemType", "STRING"), item) for item in _list(value)]


def _item(kind: str, value: Any) -> Any:
    try:
        return parse_value(kind, {}, value)
    except BadValue as error:
        raise BadValue(f"Unable to parse array element as `{kind}` on `{received(value)}`") from error


def _object(properties: Mapping[str, Any], value: Any) -> dict[str, Any]:
    given = json.loads(value) if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        raise ValueError
    return _cells(properties.get("properties") or (), given, "property")


def _table(properties: Mapping[str, Any], value: Any) -> list[dict[str, Any]]:
    rows, bounds = _list(value), properties.get("rows") or {}
    if bounds.get("min") is not None and len(rows) < int(bounds["min"]):
        raise BadValue(f"it needs at least {bounds['min']} rows, not {len(rows)}")
    if bounds.get("max") is not None and len(rows) > int(bounds["max"]):
        raise BadValue(f"it may have at most {bounds['max']} rows, not {len(rows)}")
    return [_row(properties.get("columns") or (), row, number) for number, row in enumerate(rows, 1)]


def _row(columns: Sequence[Mapping[str, Any]], row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise BadValue(f"row {number} is not a map of its columns")
    try:
        return _cells(columns, row, "column")
    except BadValue as error:
        raise BadValue(f"row {number}: {error}") from error


def _cells(declared: Sequence[Mapping[str, Any]], given: Mapping[str, Any], word: str) -> dict[str, Any]:
    """The declared values of a map, each read by its type; what is not declared is left out."""
    found: dict[str, Any] = {}
    for cell in declared:
        name, kind = str(cell.get("id") or cell.get("name")), kind_name(cell["type"])
        value = given.get(name)
        if value is None:
            if cell.get("required", True) is not False:
                raise BadValue(f"its {word} `{name}` is missing")
            found[name] = None
            continue
        try:
            found[name] = parse_value(kind, own_properties(kind, cell), value)
        except BadValue as error:
            raise BadValue(f"its {word} `{name}`: {error}") from error
    return found


_READERS: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "STRING": read_string,
    "SECRET": read_string,
    "FILE": lambda properties, value: as_text(value),
    "INT": read_int,
    "FLOAT": read_float,
    "BOOL": read_bool,
    "BOOLEAN": read_bool,
    "SELECT": read_select,
    "ENUM": read_select,
    "MULTISELECT": _multiselect,
    "ARRAY": _array,
    "DATETIME": read_datetime,
    "DATE": read_date,
    "TIME": read_time,
    "DURATION": read_duration,
    "JSON": read_json,
    "YAML": read_yaml,
    "ION": read_ion_value,
    "URI": read_uri,
    "EMAIL": read_email,
    "OBJECT": _object,
    "TABLE": _table,
}
