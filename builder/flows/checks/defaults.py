"""Plugin defaults: values laid under (or, forced, over) every map whose type they are for."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

Canonical = Callable[[str], str]
"""The canonical name of a type, aliases resolved; the name itself when unknown."""


def merge(under: Any, over: Any) -> Any:
    """A deep merge: maps key by key, `over` winning; two lists are joined, the items of `under` first."""
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        merged = dict(under)
        for key, value in over.items():
            merged[key] = merge(under[key], value) if key in under else value
        return merged
    if isinstance(under, list) and isinstance(over, list):
        return under + over
    return over


def with_defaults(
    flow: Mapping[str, Any], everywhere: Sequence[Mapping[str, Any]], canonical: Canonical
) -> dict[str, Any]:
    """The flow with its own plugin defaults and those that hold everywhere laid into its maps; its own win.

    A default applies to a type equal to its own or beginning with it, so that a package's name works.
    """
    own = [item for key in ("pluginDefaults", "taskDefaults") for item in _listed(flow.get(key))]
    defaults = [item for item in (*own, *everywhere) if _usable(item)]
    if not defaults:
        return dict(flow)
    kept = ("pluginDefaults", "taskDefaults", "variables", "labels", "inputs")
    return {key: value if key in kept else _lay(value, defaults, canonical) for key, value in flow.items()}


def _lay(value: Any, defaults: Sequence[Mapping[str, Any]], canonical: Canonical) -> Any:
    if isinstance(value, list):
        return [_lay(item, defaults, canonical) for item in value]
    if not isinstance(value, Mapping):
        return value
    name = value.get("type")
    merged: Mapping[str, Any] = value
    if isinstance(name, str):
        matching = [item for item in defaults if _matches(item["type"], name, canonical)]
        for item in matching:
            if not item.get("forced"):
                merged = merge(deepcopy(item["values"]), merged)
        for item in reversed(matching):
            if item.get("forced"):
                merged = merge(merged, deepcopy(item["values"]))
    return {key: _lay(item, defaults, canonical) for key, item in merged.items()}


def _matches(default: str, name: str, canonical: Canonical) -> bool:
    target = canonical(default)
    return any(full.startswith(prefix) for full in (name, canonical(name)) for prefix in (default, target))


def _usable(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("type"), str)
        and bool(item["type"])
        and isinstance(item.get("values"), Mapping)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
