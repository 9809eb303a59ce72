"""What a trigger hands to the execution it starts: whether it may start at all, and with which inputs and labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.actions.running import run
from builder.clock import Clock
from builder.engine.execution import Execution
from builder.expressions import render_value, truthy
from builder.store.births import masked
from builder.store.lookups import StoredLookups
from builder.store.triggers import Trigger
from builder.triggers.conditions import Judge, Objection, conditions_of
from builder.triggers.upstream import Sight


class Opening:
    """One firing of a trigger; `variables` are what expressions read as `trigger` (and what the execution keeps).

    `sight`: the execution that a flow trigger looks at.
    """

    def __init__(
        self,
        trigger: Trigger,
        variables: Mapping[str, Any],
        clock: Clock,
        *,
        sight: Sight | None = None,
    ) -> None:
        self.trigger = trigger
        self.variables = variables
        self._sight = sight
        self._seen = {
            "flow": {"id": trigger.flow_id, "namespace": trigger.namespace, "revision": trigger.revision},
            **(sight.seen if sight else {}),
            "trigger": variables,
        }
        self._secrets = list(sight.hidden if sight else ())
        self._lookups = StoredLookups(trigger.namespace, clock.now, on_secret=self._secrets.append)

    def objection(self) -> Objection | None:
        """Why nothing is to start; None when all `conditions` and `when` hold. Raises ExpressionError for `when`."""
        definition = self.trigger.definition
        found = Judge(self.rendered, self._sight.facts if self._sight else None).objection(conditions_of(definition))
        if found is not None:
            return found
        when = definition.get("when")
        seen = {**self._seen, **(self._sight.by_when if self._sight else {})}
        if when is None or truthy(str(render_value(when, seen, self._lookups))):
            return None
        return Objection("`when` did not hold.")

    def start(self, labels: Sequence[tuple[str, str]] = ()) -> Execution:
        """Creates the execution; `labels` come after the trigger's. Secrets are handed over encrypted, or masked.

        Raises what `run` raises, and ExpressionError.
        """
        definition = self.trigger.definition
        inputs = self.rendered(definition.get("inputs") or {}, typed=True)
        own = _pairs(self.rendered(definition.get("labels") or {}))
        return run(
            self.trigger.namespace,
            self.trigger.flow_id,
            inputs,
            labels=[*((key, masked(value, self._secrets)) for key, value in own), *labels],
            trigger={"id": self.trigger.id, "type": self.trigger.type, "variables": dict(self.variables)},
            hidden=self._secrets,
        )

    def rendered(self, value: Any, *, typed: bool = False) -> Any:
        """All text inside a value, with the trigger's variables. Raises ExpressionError."""
        return render_value(value, self._seen, self._lookups, typed=typed)


def is_conditional(trigger: Trigger) -> bool:
    """Whether it has anything that may keep it from starting."""
    return trigger.definition.get("when") is not None or bool(conditions_of(trigger.definition))


def _pairs(labels: Any) -> list[tuple[str, str]]:
    """Labels are written as a map or as a list of {key, value}."""
    if isinstance(labels, Mapping):
        return [(str(key), str(value)) for key, value in labels.items()]
    return [(str(label["key"]), str(label["value"])) for label in labels]
