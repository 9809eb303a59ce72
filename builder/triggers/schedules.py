"""Fires schedules: each slot once, whoever else looks at the same time, and says why when it cannot."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from builder.clock import Clock
from builder.engine.states import State
from builder.errors import BuilderError
from builder.flows.durations import parse_duration
from builder.schedule import Cron, Due, Recover, due, parse_cron
from builder.store import executions, triggers
from builder.store.triggers import FIRED, SKIPPED, Trigger
from builder.tasks.core.trigger.schedule import Schedule
from builder.triggers.opening import Opening

TYPES = (Schedule.type_name, *Schedule.aliases)
FAILED = "FAILED"

log = logging.getLogger(__name__)


def cron_of(definition: Mapping[str, Any]) -> Cron:
    """The cron expression of a schedule as published. Raises InvalidInput."""
    return parse_cron(
        str(definition["cron"]),
        with_seconds=definition.get("withSeconds") is True,
        timezone=str(definition.get("timezone") or "UTC"),
    )


def upcoming(trigger: Trigger, after: datetime, count: int) -> list[datetime]:
    """The next slots, in UTC; none for a trigger that is no schedule or is switched off."""
    if trigger.type not in TYPES or not trigger.active:
        return []
    return list(islice(cron_of(trigger.definition).after(after), count))


def fire_due(clock: Clock) -> int:
    """Fires every schedule whose slot has come; returns how many executions were started."""
    now = clock.now()
    started = 0
    for trigger in triggers.due(TYPES, now):
        try:
            started += _look_at(trigger, now, clock)
        except BuilderError as error:
            # One schedule that cannot be read must not hold up the others.
            log.warning("Schedule %s: %s", trigger.key, error.message)
            triggers.plan(trigger, now + timedelta(minutes=1), message=error.message)
    return started


def _look_at(trigger: Trigger, now: datetime, clock: Clock) -> int:
    cron = cron_of(trigger.definition)
    if _stopped(trigger, now):
        return 0
    found = _due(trigger, cron, now)
    for slot in found.missed:
        triggers.fire(trigger, slot, now, next_at=_next(cron, slot), state=SKIPPED, reason=_why_missed(trigger))
    if not found.fire:
        triggers.plan(trigger, _next(cron, now))
        return 0
    if trigger.definition.get("allowConcurrent") is not True and triggers.is_running(trigger.last_execution_id):
        # No overlap: the slot waits, and what becomes of it then is recoverMissedSchedules' affair.
        triggers.plan(trigger, now, message=f"Waits until execution {trigger.last_execution_id} has ended.")
        return 0
    return _fire(trigger, cron, found.fire[0], now, clock)


def _due(trigger: Trigger, cron: Cron, now: datetime) -> Due:
    seen_upto = max(filter(None, (trigger.since, trigger.last_at)))
    late = trigger.definition.get("lateMaximumDelay")
    recover = Recover(str(trigger.definition.get("recoverMissedSchedules") or "ALL"))
    return due(cron, seen_upto, now, recover=recover, late_maximum=parse_duration(str(late)) if late else None)


def _fire(trigger: Trigger, cron: Cron, slot: datetime, now: datetime, clock: Clock) -> int:
    opening = Opening(trigger, _variables(cron, slot), clock)
    following = _next(cron, slot)
    try:
        if not opening.wanted():
            triggers.fire(trigger, slot, now, next_at=following, state=SKIPPED, reason="`when` did not hold.")
            return 0
        fired = triggers.fire(trigger, slot, now, next_at=following, state=FIRED, create=lambda: opening.start().id)
    except BuilderError as error:
        triggers.fire(trigger, slot, now, next_at=following, state=FAILED, reason=f"Not started: {error.message}")
        return 0
    return int(fired is not None)


def _stopped(trigger: Trigger, now: datetime) -> bool:
    """`stopAfter`: the last execution ended in a state that switches the trigger off."""
    endings = trigger.definition.get("stopAfter") or ()
    if not endings or not trigger.last_execution_id:
        return False
    found = executions.load_many([trigger.last_execution_id], with_runs=False)
    state = found[trigger.last_execution_id][0].state if found else State.CREATED
    if state.value not in endings:
        return False
    triggers.set_enabled(trigger.namespace, trigger.flow_id, trigger.id, False, now)
    return True


def _variables(cron: Cron, slot: datetime) -> dict[str, str]:
    """trigger.date, next and previous: ISO with the offset of the schedule's zone."""
    moments = {"date": slot, "next": _next(cron, slot), "previous": next(iter(cron.before(slot)), None)}
    return {name: at.astimezone(cron.zone).isoformat() for name, at in moments.items() if at is not None}


def _next(cron: Cron, after: datetime) -> datetime | None:
    return next(iter(cron.after(after)), None)


def _why_missed(trigger: Trigger) -> str:
    policy = trigger.definition.get("recoverMissedSchedules") or "ALL"
    return f"Missed: nothing could start it in time (recoverMissedSchedules {policy}, lateMaximumDelay)."
