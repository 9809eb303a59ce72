"""Fires flow triggers: each looks once at every end and pause of another flow's execution."""

import logging
from collections.abc import Sequence

from builder.clock import Clock
from builder.engine.execution import Execution
from builder.errors import BuilderError, Unavailable
from builder.store import executions, triggers
from builder.store.births import CORRELATION
from builder.store.gate import write
from builder.store.triggers import Change, Trigger
from builder.triggers.chains import DEEPEST, TYPES, depth
from builder.triggers.conditions import Objection
from builder.triggers.opening import Opening
from builder.triggers.stopping import stopped
from builder.triggers.upstream import Sight, sight_of

_TOO_DEEP = (f"Not started after execution %s: {DEEPEST} flow triggers have fired one because of the other, so these "
             "flows start each other in a loop. Narrow the conditions of one of them.")  # fmt: skip

log = logging.getLogger(__name__)


def fire_flows(clock: Clock) -> int:
    """Looks at what has happened since the last look; returns how many executions were started."""
    changes = triggers.changes()
    if not changes:
        return 0
    listening = triggers.of_types(TYPES)
    happened = executions.load_many([change.execution_id for change in changes], with_runs=False)
    started = 0
    for change in changes:
        execution = happened[change.execution_id][0] if change.execution_id in happened else None
        meant = [trigger for trigger in listening if execution and _listens(trigger, change, execution)]
        started += _look_at(change, meant, clock)
    return started


def _listens(trigger: Trigger, change: Change, execution: Execution) -> bool:
    """Whether the trigger looks at such changes at all; never at those of its own flow."""
    states = trigger.definition.get("states")
    own = (trigger.namespace, trigger.flow_id) == (execution.namespace, execution.flow_id)
    return not own and trigger.since <= change.at and (states is None or change.state in states)


def _look_at(change: Change, meant: Sequence[Trigger], clock: Clock) -> int:
    openings: list[Opening] = []
    if meant:
        execution = executions.load(change.execution_id)[0]
        sight = sight_of(execution, change)
        deepest = depth(execution) >= DEEPEST
        openings = [opening for trigger in meant if (opening := _opening(trigger, sight, clock, deepest))]
        correlation = [pair for pair in execution.labels if pair[0] == CORRELATION]
    with write():
        if not triggers.take_change(change):
            return 0  # another scheduler has looked at it
        return sum(_start(opening, correlation, clock) for opening in openings)


def _opening(trigger: Trigger, sight: Sight, clock: Clock, deepest: bool) -> Opening | None:
    """What is to be started, or nothing."""
    opening = Opening(trigger, sight.variables, clock, sight=sight)
    found = _objection(opening)
    if found is None and deepest:
        found = Objection(_TOO_DEEP % sight.variables["executionId"], broken=True)
    if found is not None and found.broken:
        _tell(trigger, found.reason)
    return opening if found is None and not stopped(trigger, clock.now()) else None


def _objection(opening: Opening) -> Objection | None:
    try:
        return opening.objection()
    except Unavailable:
        raise
    except BuilderError as error:
        return Objection(f"`when` counts as not holding: {error.message}", broken=True)


def _start(opening: Opening, labels: Sequence[tuple[str, str]], clock: Clock) -> bool:
    trigger = opening.trigger
    try:
        with write():
            execution = opening.start(labels)
    except Unavailable:
        raise
    except BuilderError as error:
        _tell(trigger, f"Not started after execution {opening.variables['executionId']}: {error.message}")
        return False
    triggers.plan(trigger, None)
    triggers.note_execution(trigger, execution.id, clock.now())
    return True


def _tell(trigger: Trigger, message: str) -> None:
    log.warning("Flow trigger %s: %s", trigger.key, message)
    triggers.plan(trigger, None, message=message)
