"""A trigger as a line of the list and as the head of its page: what it waits for, in words."""

from builder.clock import SystemClock
from builder.errors import BuilderError
from builder.schedule import Times
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.triggers.called import webhooks
from builder.triggers.conditions import conditions_of
from builder.triggers.flow import chains
from builder.triggers.opening import is_conditional
from builder.triggers.polling import polling_types
from builder.triggers.schedule import timetable
from builder.triggers.schedule.firing import running
from builder.web.editor.fields.trigger import webhook_path

_CLOCK = SystemClock()
NEXT = 5


def row(trigger: Trigger) -> dict[str, object]:
    """One line of the list."""
    shown: dict[str, object] = {"trigger": trigger, "slots": triggers.slots(trigger, 5), "held_by": _held_by(trigger)}
    if trigger.type in webhooks.TYPES:
        return {**shown, "kind": "webhook", "says": "When its address is called", "address": _address(trigger)}
    if trigger.type in chains.TYPES:
        return {**shown, "kind": "flow", "says": _after(trigger)}
    if trigger.type not in timetable.TYPES:
        return {**shown, "kind": "other", "says": trigger.type.rpartition(".")[2]}
    try:
        times = timetable.times_of(trigger, _CLOCK)
    except BuilderError as error:
        return {**shown, "kind": "schedule", "says": error.message}
    moments = timetable.upcoming(trigger, times, _CLOCK, NEXT)
    filling = trigger.backfill
    return {
        **shown, "kind": "schedule", "says": _says(trigger, times),
        "filled": [at.astimezone(times.zone) for at in (filling.start, filling.end)] if filling else (),
        "cron": getattr(times, "text", ""), "zone": times.zone.key,
        "next": [moment.astimezone(times.zone) for moment in moments],
    }  # fmt: skip


def _address(trigger: Trigger) -> str:
    """Where a webhook is called."""
    return webhook_path(trigger.namespace, trigger.flow_id, str(trigger.definition.get("key", "")))


def _held_by(trigger: Trigger) -> str | None:
    """The execution that this trigger waits for, where it is one whose executions do not overlap."""
    return running(trigger) if trigger.type in (*timetable.TYPES, *polling_types()) else None


def _after(trigger: Trigger) -> str:
    """`After import, on SUCCESS or WARNING`."""
    preconditions = trigger.definition.get("preconditions") or {}
    waited_for = [*(trigger.definition.get("dependsOn") or ()), *(preconditions.get("flows") or ())]
    named = [*conditions_of(trigger.definition), *waited_for]
    flows = [str(one["flowId"]) for one in named if one.get("flowId")]
    states = trigger.definition.get("states") or ()
    return f"After {' and '.join(flows) or 'another flow'}" + (f", on {' or '.join(states)}" if states else "")


def _says(trigger: Trigger, times: Times) -> str:
    return times.in_words() + (", when its conditions hold" if is_conditional(trigger) else "")
