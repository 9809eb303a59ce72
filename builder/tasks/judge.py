"""Asks conditions (of a trigger, of a listener), one after the other, and says which did not hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.errors import BuilderError, Unavailable
from builder.flows.catalogue import Kind
from builder.tasks.catalogue import catalogue
from builder.tasks.condition import Condition, Upstream
from builder.tasks.prepare import prepare
from builder.tasks.world.offers import Render


@dataclass(frozen=True, slots=True)
class Objection:
    """Why nothing is to start. `broken`: a condition could not be told, which somebody has to mend."""

    reason: str
    broken: bool = False


class Judge:
    """What conditions may ask (`builder.tasks.condition.Facts`)."""

    def __init__(self, render: Render, execution: Upstream | None = None) -> None:
        self.render = render
        self.execution = execution

    def each(self, conditions: Sequence[Mapping[str, Any]]) -> Iterator[bool]:
        """Whether each holds. Raises BuilderError."""
        return (self.holds(condition) for condition in conditions)

    def holds(self, written: Mapping[str, Any]) -> bool:
        """Whether one condition holds. Raises BuilderError."""
        plugin = catalogue().plugin_class(str(written.get("type", "")), Kind.CONDITION)
        condition = prepare(plugin, written, self.render)
        return isinstance(condition, Condition) and condition.holds(self)

    def objection(self, conditions: Sequence[Mapping[str, Any]]) -> Objection | None:
        """The first condition that does not hold, or cannot be told; None when all hold."""
        for condition in conditions:
            name = str(condition.get("type", "")).rpartition(".")[2]
            try:
                if not self.holds(condition):
                    return Objection(f"The condition {name} did not hold.")
            except Unavailable:
                raise
            except BuilderError as error:
                reason = f"The condition {name} counts as not holding, since it could not be told: {error.message}"
                return Objection(reason, broken=True)
        return None
