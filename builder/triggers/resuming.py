"""Switching a schedule on again: what passed while it was off, and what becomes of that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from builder.clock import Clock
from builder.errors import BuilderError, Conflict
from builder.schedule import Recover
from builder.schedule.slots import MOST_RECOVERED
from builder.store import triggers
from builder.store.triggers import Trigger, history
from builder.triggers.schedule import backfilling
from builder.triggers.schedule.timetable import TYPES, times_of

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Passed:
    """The newest times that passed while a schedule was off, oldest first; `more`: there were others before them."""

    since: datetime
    moments: tuple[datetime, ...]
    more: bool

    @property
    def count(self) -> int:
        return len(self.moments)

    @property
    def last(self) -> datetime:
        return self.moments[-1]


def passed_while_off(trigger: Trigger, clock: Clock) -> Passed | None:
    """None when nothing did, or nobody knows since when it is off."""
    if trigger.enabled or trigger.off_at is None or trigger.type not in TYPES:
        return None
    try:
        times = times_of(trigger, clock)
    except BuilderError:
        return None
    found: list[datetime] = []
    # What waited as it was switched off waits still.
    seen_upto = min(trigger.off_at, trigger.seen_upto)
    for moment in times.before(clock.now() + _INSTANT):
        if moment <= seen_upto or len(found) > MOST_RECOVERED:
            break
        found.append(moment)
    newest = tuple(reversed(found[:MOST_RECOVERED]))
    return Passed(trigger.off_at, newest, len(found) > MOST_RECOVERED) if newest else None


def switch_on(trigger: Trigger, recover: Recover, clock: Clock) -> Trigger:
    """Switches it on; what passed is noted as missed, and started by a backfill as far as `recover` says.

    Raises Conflict when something is to be started and the trigger has a backfill already.
    """
    passed = passed_while_off(trigger, clock)
    if passed is not None and recover is not Recover.NONE and trigger.backfill and not trigger.backfill.is_over:
        raise Conflict(f"Trigger `{trigger.id}` has a backfill already; cancel it, or let the missed times go.")
    switched = triggers.set_enabled(*trigger.place, True, clock.now())
    if passed is None:
        return switched
    reason = f"Missed: the trigger was switched off from {passed.since:%Y-%m-%d %H:%M} UTC on."
    history.note_missed(trigger.key, passed.moments, reason, clock.now())
    triggers.heed(switched, clock.now())
    if recover is Recover.NONE:
        return triggers.get(*trigger.place)
    first = passed.last if recover is Recover.LAST else passed.moments[0]
    return backfilling.begin(switched, first - _INSTANT, passed.last, clock, gaps_only=True)
