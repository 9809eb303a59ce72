"""Fires schedules: each slot once, whoever else looks at the same time, and says why when it cannot."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from builder.actions.triggers import pauses
from builder.actions.triggers.times import times_of
from builder.clock import Clock
from builder.errors import BuilderError, Unavailable
from builder.flows.durations import parse_duration
from builder.schedule import Due, Missed, Recover, Times, due
from builder.store import triggers
from builder.store.triggers import FAILED, FIRED, MISSED, SKIPPED, Trigger, history
from builder.tasks.core.trigger import SCHEDULES
from builder.tasks.judge import Objection
from builder.triggers import asking
from builder.triggers.opening import Opening
from builder.triggers.schedule.timetable import fitting_variables, following, variables
from builder.triggers.stopping import stopped

log = logging.getLogger(__name__)


def fire_due(clock: Clock) -> int:
    """Fires every schedule whose slot has come; returns how many executions were started."""
    now = clock.now()
    started = 0
    for trigger in triggers.due(SCHEDULES, now):
        try:
            started += _look_at(trigger, now, clock)
        except Unavailable:
            raise
        except BuilderError as error:
            # One schedule that cannot be read must not hold up the others.
            log.warning("Schedule %s: %s", trigger.key, error.message)
            triggers.plan(trigger, now + timedelta(minutes=1), message=error.message)
    return started


def _look_at(trigger: Trigger, now: datetime, clock: Clock) -> int:
    times = times_of(trigger, clock)
    if trigger.off_at is not None:
        pauses.note_pause(trigger, pauses.passed(times, trigger.off_at, trigger.since), now)
    if stopped(trigger, now):
        return 0
    asked_for = asking.slot_of(trigger)
    if asked_for is not None:
        return _fire(trigger, times, asked_for, now, clock)
    if trigger.held_until is not None and trigger.held_until > now:
        return 0  # another scheduler asks for it
    found = _due(trigger, times, now)
    for missed in found.missed:
        reason = _why_missed(trigger, missed)
        triggers.fire(trigger, missed.slot, now, next_at=following(times, missed.slot), state=MISSED, reason=reason)
    if not found.fire:
        triggers.plan(trigger, following(times, now))
        return 0
    before = running(trigger)
    if before is not None:
        # No overlap: the slot waits, and what becomes of it then is recoverMissedSchedules' affair.
        triggers.plan(trigger, now, message=f"Waits until execution {before} has ended.")
        return 0
    return _fire(trigger, times, found.fire[0], now, clock)


def running(trigger: Trigger) -> str | None:
    """The execution that this trigger started and that keeps it from starting another one."""
    return running_of([trigger]).get(trigger.key)


def running_of(listed: Sequence[Trigger]) -> Mapping[str, str]:
    """The same of several triggers, by their key; those that nothing keeps are left out."""
    started = {one.key: _last(one) for one in listed if one.definition.get("allowConcurrent") is not True}
    still = history.running_among(list(chain(*started.values())))
    return {key: found[0] for key, last in started.items() if (found := [one for one in last if one in still])}


def _last(trigger: Trigger) -> list[str]:
    last = (trigger.last_execution_id, trigger.backfill.last_execution_id if trigger.backfill else None)
    return list(filter(None, last))


def _due(trigger: Trigger, times: Times, now: datetime) -> Due:
    late = trigger.definition.get("lateMaximumDelay")
    recover = Recover(str(trigger.definition.get("recoverMissedSchedules") or "ALL"))
    return due(
        times, trigger.seen_upto, now, recover=recover, late_maximum=parse_duration(str(late)) if late else None,
        grace=history.grace(),
    )  # fmt: skip


def _fire(trigger: Trigger, times: Times, slot: datetime, now: datetime, clock: Clock) -> int:
    next_at = following(times, slot)
    try:
        opening = Opening(trigger, variables(times, slot), clock)
        found = opening.objection()
        if found is not None:
            _pass_over(opening, found, slot, now, next_at)
            asking.settle(trigger, slot)
            return 0
        opening = opening.with_variables(fitting_variables(opening, times, slot))
        known = asking.answered(opening, slot, now, lambda: _is_open(trigger))
        if known is None:
            return 0
        why = _why_late(trigger, slot, now)
        fired = triggers.fire(
            trigger, slot, now, next_at=next_at, state=FIRED, reason=why, create=lambda: known.start().id
        )
    except Unavailable:
        raise  # the slot waits for the database
    except BuilderError as error:
        asked_for = trigger.definition.get("failOnTriggerError") is True
        _fail(opening, f"Not started: {error.message}", slot, now, next_at, with_execution=asked_for)
        fired = None
    asking.settle(trigger, slot)
    return int(fired is not None)


def _is_open(trigger: Trigger) -> bool:
    """Whether no other scheduler has gone on with it since it was read."""
    return triggers.get(*trigger.place).last_at == trigger.last_at


def _pass_over(opening: Opening, found: Objection, slot: datetime, now: datetime, next_at: datetime | None) -> None:
    """A condition that cannot be told is somebody's mistake: as in Kestra, it leaves a failed execution behind."""
    if found.broken:
        _fail(opening, found.reason, slot, now, next_at, with_execution=True)
    else:
        triggers.fire(opening.trigger, slot, now, next_at=next_at, state=SKIPPED, reason=found.reason)


def _fail(
    opening: Opening, reason: str, slot: datetime, now: datetime, next_at: datetime | None, *, with_execution: bool
) -> None:
    create = (lambda: opening.fail(reason).id) if with_execution else None
    told = opening.told(reason)
    triggers.fire(opening.trigger, slot, now, next_at=next_at, state=FAILED, reason=told, create=create)


def _why_late(trigger: Trigger, slot: datetime, now: datetime) -> str:
    """Why it starts this slot only now; nothing where that is soon enough."""
    if now - slot <= history.grace():
        return ""
    if triggers.was_running(trigger.last_execution_id, slot):
        return f"Late: it waited until execution {trigger.last_execution_id} had ended."
    return "Late: no scheduler came to it earlier."


def _why_missed(trigger: Trigger, missed: Missed) -> str:
    """An execution that still ran then says more than the rule that gave the slot up."""
    busy = triggers.was_running(trigger.last_execution_id, missed.slot)
    before = f"execution {trigger.last_execution_id} was still running, and " if busy else ""
    return f"Missed: {before}{missed.why}"
