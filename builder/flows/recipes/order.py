"""In which order the components of a recipe run: each after those whose outputs it reads."""

from collections.abc import Mapping
from typing import Any

from builder.flows.recipes.references import ITERATOR, found_in


class Circle(ValueError):
    """Components that wait for each other."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(", ".join(names))


def waits_for(value: Any, known: Mapping[str, Any]) -> set[str]:
    """The components whose outputs a part of a recipe reads."""
    firsts = (one.removeprefix("component.").partition(".")[0] for one in found_in(value))
    return {first for first in firsts if first in known}


def _before(name: str, one: Mapping[str, Any], components: Mapping[str, Any]) -> set[str]:
    """An iterator's own components read its element and each other, and nobody else waits for that."""
    inside = one.get("component") if one.get("type") == ITERATOR else None
    return waits_for(one, components) - ({name, *inside} if isinstance(inside, Mapping) else set())


def in_order(components: Mapping[str, Any]) -> list[str]:
    """The names of the components, as they are written where nothing else asks for another order. Raises Circle."""
    before = {name: _before(name, one, components) for name, one in components.items()}
    order: list[str] = []
    while len(order) < len(components):
        ready = next((name for name in components if name not in order and before[name] <= set(order)), None)
        if ready is None:
            raise Circle([name for name in components if name not in order])
        order.append(ready)
    return order
