"""What expressions of a trigger may read, whatever has set it off."""

from typing import Any

from builder.errors import InvalidFlow, NotFound
from builder.runtime.evaluate import given_here
from builder.store import births
from builder.store.births import Runnable
from builder.store.triggers import Trigger


def runnable_of(trigger: Trigger) -> Runnable | None:
    """The flow as it was published with the trigger; None when it cannot be read any more."""
    try:
        return births.runnable(trigger.namespace, trigger.flow_id, trigger.revision)
    except (NotFound, InvalidFlow):
        return None


def seen_by(trigger: Trigger, of: Runnable | None) -> dict[str, Any]:
    """What every expression of a trigger may read: its flow with vars and labels, and what the installation gives."""
    flow = {"id": trigger.flow_id, "namespace": trigger.namespace, "revision": trigger.revision}
    given = {"flow": flow, **given_here()}
    return given if of is None else {**given, "vars": of.flow.variables, "labels": dict(of.flow.labels)}
