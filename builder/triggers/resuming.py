"""Switching a schedule on again: what passed while it was off, and what becomes of that."""

from datetime import datetime

from builder.actions.triggers.pauses import INSTANT, Passed, note_pause, passed
from builder.actions.triggers.times import TYPES, times_of
from builder.clock import Clock
from builder.errors import BuilderError, Conflict
from builder.schedule import Recover
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.triggers.schedule import backfilling


def passed_while_off(trigger: Trigger, clock: Clock) -> Passed | None:
    """What its switch is to be asked about; None when nothing did pass, or its flow is off: that is asked then."""
    return None if trigger.enabled or trigger.declared_disabled else _passed(trigger, clock)


def _passed(trigger: Trigger, clock: Clock) -> Passed | None:
    if trigger.off_at is None or trigger.type not in TYPES:
        return None
    try:
        return passed(times_of(trigger, clock), trigger.off_at, clock.now())
    except BuilderError:
        return None


def switch_on(trigger: Trigger, recover: Recover, clock: Clock) -> Trigger:
    """Switches it on; what passed is noted as missed, and started by a backfill as far as `recover` says.

    Raises Conflict when something is to be started and the trigger has a backfill already.
    """
    now = clock.now()
    found = passed_while_off(trigger, clock)
    if found is None:
        return triggers.set_enabled(*trigger.place, True, now)
    _refuse_second_backfill(trigger, recover)
    return _settled(triggers.set_enabled(*trigger.place, True, now), found, recover, now, clock)


def _refuse_second_backfill(trigger: Trigger, recover: Recover) -> None:
    if recover is not Recover.NONE and trigger.backfill and not trigger.backfill.is_over:
        raise Conflict(f"Trigger `{trigger.id}` has a backfill already; cancel it, or let the missed times go.")


def _settled(trigger: Trigger, found: Passed, recover: Recover, now: datetime, clock: Clock) -> Trigger:
    note_pause(trigger, found, now)
    triggers.heed(trigger, now)
    if recover is Recover.NONE:
        return triggers.get(*trigger.place)
    first = found.last if recover is Recover.LAST else found.moments[0]
    return backfilling.begin(trigger, first - INSTANT, found.last, clock, gaps_only=True)
