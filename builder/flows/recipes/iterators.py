"""What of an iterator can become a Loop: components that run for each element of a list, and what they give."""

from collections.abc import Mapping
from typing import Any

from builder.flows.recipes.order import Circle, in_order
from builder.flows.recipes.references import ITERATOR, Untranslatable

LOOP = "io.kestra.plugin.core.flow.Loop"
_KNOWN = {"type", "input", "component", "condition", "output-elements", "outputElements", "description", "title"}


def components(one: Mapping[str, Any], inside_another: bool) -> Mapping[str, Mapping[str, Any]]:
    """The components that are repeated. Raises Untranslatable for an iterator that is more than that."""
    strange = [str(key) for key in one if key not in _KNOWN]
    if strange:
        raise Untranslatable(f"an iterator with {' and '.join(strange)} has no counterpart in a flow")
    inner = one.get("component")
    if not isinstance(inner, Mapping) or not inner or not all(isinstance(each, Mapping) for each in inner.values()):
        raise Untranslatable("the iterator has no components")
    if inside_another or any(each.get("type") == ITERATOR for each in inner.values()):
        raise Untranslatable("an iterator inside another is not translated")
    if one.get("input") is None:
        raise Untranslatable("the iterator has no input to go through")
    try:
        in_order(inner)
    except Circle as circle:
        raise Untranslatable(f"{' and '.join(circle.names)} in it wait for each other") from None
    return inner


def gathered(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """What each turn gives, by its name. Raises Untranslatable."""
    given = one.get("output-elements", one.get("outputElements")) or {}
    if not isinstance(given, Mapping):
        raise Untranslatable("output-elements must be a map of names")
    return given
