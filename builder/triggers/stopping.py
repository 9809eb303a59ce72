"""`stopAfter`: a trigger is switched off by the end of what it started; what ended before it was on counts no more."""

from datetime import datetime

from builder.engine.execution import Execution
from builder.engine.states import State
from builder.store import executions, triggers
from builder.store.triggers import Trigger, states
from builder.store.triggers.changes import Change


def heed_end(change: Change, execution: Execution, now: datetime) -> None:
    """Switches off the trigger that started this execution, when it asks for that at such an end."""
    started_by = execution.trigger or {}
    for trigger in triggers.of_flow(execution.namespace, execution.flow_id) if started_by else ():
        mine = (trigger.id, trigger.type) == (started_by.get("id"), started_by.get("type"))
        if mine and trigger.since <= change.at and change.state in (trigger.definition.get("stopAfter") or ()):
            states.stop(trigger, execution.id, change.state, now)


def stopped(trigger: Trigger, now: datetime) -> bool:
    """Switches the trigger off when the last execution ended, since it is on, in a state that asks for it."""
    endings = trigger.definition.get("stopAfter") or ()
    if not endings or not trigger.last_execution_id:
        return False
    found = executions.load_many([trigger.last_execution_id], with_runs=False)
    state, at = found[trigger.last_execution_id][0].history[-1] if found else (State.CREATED, now)
    if state.value not in endings or at < trigger.since:
        return False
    states.stop(trigger, trigger.last_execution_id, state.value, now)
    return True
