"""Paths into a flow as pages carry them: JSON lists."""

import json
from collections.abc import Iterable
from typing import Any

from builder.errors import InvalidInput, Path


def path_key(path: Path) -> str:
    """A path as the page carries it: JSON without spaces."""
    return json.dumps(path, ensure_ascii=False, separators=(",", ":"))


def path_of(value: Any) -> Path:
    """A path as the page sends it. Raises InvalidInput."""
    if isinstance(value, list) and all(isinstance(part, str | int) and not isinstance(part, bool) for part in value):
        return tuple(value)
    raise InvalidInput("The page sent a place that cannot be read; reload it.")


def place_of(value: Any) -> int:
    """A place in a list, or a number of places, as the page sends it; 0 where it sends none. Raises InvalidInput."""
    if value is None or isinstance(value, int):
        return value or 0
    raise InvalidInput("The page sent a place that cannot be read; reload it.")


def paths_of(values: Any) -> tuple[Path, ...]:
    """Several of them."""
    return tuple(path_of(value) for value in values) if isinstance(values, list) else ()


def paths_of_keys(keys: Iterable[str]) -> tuple[Path, ...]:
    """Those of an address; what cannot be read is left out."""
    found = []
    for key in keys:
        try:
            found.append(path_of(json.loads(key)))
        except (ValueError, RecursionError, InvalidInput):
            continue
    return tuple(found)
