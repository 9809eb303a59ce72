"""A trigger as a line of the list and as the head of its page: what it waits for, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.actions.triggers.times import times_of, zone_of
from builder.clock import SystemClock
from builder.errors import BuilderError
from builder.schedule import Times
from builder.store.triggers import Trigger, history
from builder.tasks.catalogue import catalogue
from builder.tasks.core.trigger import FLOWS, SCHEDULES
from builder.triggers.called import webhooks
from builder.triggers.conditions import conditions_of
from builder.triggers.opening import is_conditional
from builder.triggers.polling import polling_types
from builder.triggers.schedule import timetable
from builder.triggers.schedule.firing import running_of
from builder.web.editor.fields.trigger import webhook_path

_CLOCK = SystemClock()
NEXT = 5
LAST = 5


def rows(listed: Sequence[Trigger]) -> list[dict[str, Any]]:
    """The lines of the list: each its head, what runs next and what ran last."""
    last, held = history.last_slots([one.key for one in listed], LAST), held_by(listed)
    return [
        {
            **(shown := head(one)), "next": _next(one, shown["times"]),
            "slots": last[one.key], "held_by": held.get(one.key),
        }
        for one in listed
    ]  # fmt: skip


def head(trigger: Trigger) -> dict[str, Any]:
    """What it is and what it waits for; `times` None: it is no schedule, or they cannot be told; so `zone` empty."""
    shown: dict[str, Any] = {"trigger": trigger, "times": None, "zone": ""}
    if trigger.type in webhooks.TYPES:
        return {**shown, "kind": "webhook", "says": "When its address is called", "address": _address(trigger)}
    if trigger.type in FLOWS:
        return {**shown, "kind": "flow", "says": _after(trigger)}
    if trigger.type not in SCHEDULES:
        return {**shown, "kind": "other", "says": _title(trigger)}
    zone, filling = zone_of(trigger), trigger.backfill
    shown |= {
        "kind": "schedule", "zone": zone.key,
        "filled": [at.astimezone(zone) for at in (filling.start, filling.end)] if filling else (),
    }  # fmt: skip
    try:
        times = times_of(trigger, _CLOCK)
    except BuilderError as error:
        return {**shown, "says": error.message}
    return {**shown, "times": times, "says": _says(trigger, times), "cron": getattr(times, "text", "")}


def held_by(listed: Sequence[Trigger]) -> Mapping[str, str]:
    """The executions that those wait for whose executions do not overlap, by the trigger's key."""
    alone = (*SCHEDULES, *polling_types())
    return running_of([one for one in listed if one.type in alone])


def _next(trigger: Trigger, times: Times | None) -> list[Any]:
    if times is None:
        return []
    return [moment.astimezone(times.zone) for moment in timetable.upcoming(trigger, times, _CLOCK, NEXT)]


def _address(trigger: Trigger) -> str:
    """Where a webhook is called."""
    return webhook_path(trigger.namespace, trigger.flow_id, str(trigger.definition.get("key", "")))


def _title(trigger: Trigger) -> str:
    """`When an address answers`."""
    entry = catalogue().find(trigger.type)
    return trigger.type.rpartition(".")[2] if entry is None else entry.title


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
