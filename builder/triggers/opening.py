"""What a trigger hands to the execution it starts: whether it may start at all, and with which inputs and labels."""

from collections.abc import Mapping
from typing import Any

from builder.actions.running import run
from builder.clock import Clock
from builder.engine.execution import Execution
from builder.expressions import render_value, truthy
from builder.store.lookups import StoredLookups
from builder.store.triggers import Trigger


class Opening:
    """One firing of a trigger; `variables` are what expressions read as `trigger` (and what the execution keeps)."""

    def __init__(self, trigger: Trigger, variables: Mapping[str, Any], clock: Clock) -> None:
        self.trigger = trigger
        self.variables = variables
        self._seen = {
            "trigger": variables,
            "flow": {"id": trigger.flow_id, "namespace": trigger.namespace, "revision": trigger.revision},
        }
        self._lookups = StoredLookups(trigger.namespace, clock.now)

    def wanted(self) -> bool:
        """Whether the trigger's `when` holds. Raises ExpressionError."""
        when = self.trigger.definition.get("when")
        return when is None or truthy(str(self._rendered(when)))

    def start(self) -> Execution:
        """Creates the execution. Raises what `run` raises, and ExpressionError."""
        definition = self.trigger.definition
        return run(
            self.trigger.namespace,
            self.trigger.flow_id,
            self._rendered(definition.get("inputs") or {}, typed=True),
            labels=_pairs(self._rendered(definition.get("labels") or {})),
            trigger={"id": self.trigger.id, "type": self.trigger.type, "variables": dict(self.variables)},
        )

    def _rendered(self, value: Any, *, typed: bool = False) -> Any:
        return render_value(value, self._seen, self._lookups, typed=typed)


def _pairs(labels: Any) -> list[tuple[str, str]]:
    """Labels are written as a map or as a list of {key, value}."""
    if isinstance(labels, Mapping):
        return [(str(key), str(value)) for key, value in labels.items()]
    return [(str(label["key"]), str(label["value"])) for label in labels]
