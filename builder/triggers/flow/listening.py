"""Which changes of state a flow trigger looks at."""

from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.flows.dialects.compat import Compat
from builder.store.triggers import Trigger
from builder.store.triggers.changes import Change

USUAL = frozenset(state.value for state in (*TERMINAL, State.PAUSED))
"""What is looked at when the trigger names no states."""


def listens(trigger: Trigger, change: Change, execution: Execution) -> bool:
    """Whether the trigger looks at such changes at all; never at those of its own flow."""
    own = (trigger.namespace, trigger.flow_id) == (execution.namespace, execution.flow_id)
    return not own and trigger.since <= change.at and change.state in states_of(trigger)


def hears_pauses(trigger: Trigger, compat: Compat) -> bool:
    """Whether a pause counts where the trigger names no states; it did not before Kestra 0.23."""
    definition = trigger.definition
    named = any(definition.get(name) for name in ("states", "dependsOn", "when"))
    return named or compat.flow_triggers_hear_pauses


def states_of(trigger: Trigger) -> frozenset[str]:
    """Those of the trigger; without any the usual ones, and those that one of the things it waits for names."""
    written = trigger.definition.get("states")
    if written is not None:
        return frozenset(written)
    preconditions = trigger.definition.get("preconditions") or {}
    waited_for = [*(trigger.definition.get("dependsOn") or ()), *(preconditions.get("flows") or ())]
    return USUAL.union(*(one.get("states") or () for one in waited_for))
