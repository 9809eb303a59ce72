"""Triggers that should have fired and did not, or were stopped: which, since when and why; for alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from builder.actions.triggers.times import times_of, zone_of
from builder.clock import Clock
from builder.errors import BuilderError, Unavailable
from builder.store import processes, triggers
from builder.store.triggers import Slot, Trigger, history, states
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers.polling import polling_types
from builder.triggers.schedule.firing import running
from builder.triggers.schedule.timetable import following

TOLD_FOR = timedelta(days=1)
"""How long what did not start is told, if nobody says before that they have seen it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is wrong with one trigger. `count`: how many times did not start; `at`: the last of them.

    `can_be_heeded`: it is over, and people may say that they have seen it.
    """

    trigger: Trigger
    words: str
    count: int = 1
    at: datetime | None = None
    can_be_heeded: bool = False
    execution_id: str | None = None

    @property
    def zone(self) -> str:
        """The name of the zone that the trigger is written in."""
        return zone_of(self.trigger).key


def alerts(clock: Clock) -> list[Alert]:
    """Those of all triggers, the worst kind first: what is wrong still, what was stopped, then what did not start."""
    now = clock.now()
    watched = {trigger.key: trigger for trigger in triggers.of_types(SCHEDULES)}
    nobody = not processes.alive("scheduler", now)
    still = [alert for trigger in watched.values() if (alert := _wrong_now(trigger, now, clock, nobody))]
    return [*still, *_alarms(states.alarming(), now), *_failing(now), *_lost(watched, now)]


def of_trigger(trigger: Trigger, clock: Clock) -> list[Alert]:
    """Those of one schedule, and the alarm of any trigger."""
    now = clock.now()
    if not trigger.active:
        return []
    alarms = _alarms([trigger] if trigger.alarmed_at else [], now)
    if trigger.type not in SCHEDULES:
        return alarms
    wrong = _wrong_now(trigger, now, clock, not processes.alive("scheduler", now))
    return [*([wrong] if wrong else []), *alarms, *_lost({trigger.key: trigger}, now)]


def _wrong_now(trigger: Trigger, now: datetime, clock: Clock, nobody: bool) -> Alert | None:
    """Looked into only where something may be wrong: its time has come, is not known, or there is something to say."""
    if trigger.next_at is not None and trigger.next_at > now and not trigger.message:
        return None
    try:
        times = times_of(trigger, clock)
    except Unavailable:
        raise
    except BuilderError as error:
        return Alert(trigger, f"Its times cannot be told: {error.message}", at=now)
    slot = following(times, trigger.seen_upto)
    if slot is None or now - slot <= history.grace():
        return None
    before = running(trigger)
    if before is not None:
        return Alert(trigger, f"Its time has come and it waits: execution {before} has not ended.", at=slot)
    why = "no scheduler is running" if nobody else "the scheduler has not come to it yet"
    return Alert(trigger, f"It should have fired: {why}.", at=slot)


def _alarms(alarming: Sequence[Trigger], now: datetime) -> list[Alert]:
    """One that was switched off stays so, and is told until somebody has seen it; others as what did not start."""
    found = [one for one in alarming if one.active or one.heeded_at is None or one.heeded_at < (one.alarmed_at or now)]
    return [
        Alert(one, one.alarm, at=one.alarmed_at, can_be_heeded=True, execution_id=one.alarm_execution_id)
        for one in found
        if not one.active or _is_news(one, one.alarmed_at, now)
    ]


def _failing(now: datetime) -> list[Alert]:
    """Triggers without slots that failed again and again. One that looks by itself will look again: it is not over."""
    looking = polling_types()
    found = [_failed(one, one.type in looking) for one in triggers.failing(settings.MILLSTREAM["TRIGGER_FAILURES"])
             if one.alarm != one.message]  # fmt: skip
    return [one for one in found if not one.can_be_heeded or _is_news(one.trigger, one.at, now)]


def _failed(trigger: Trigger, looks: bool) -> Alert:
    words = f"Its last look failed: {trigger.message}" if looks else trigger.message
    return Alert(trigger, words, trigger.failures, trigger.failed_at, can_be_heeded=not looks)


def _is_news(trigger: Trigger, at: datetime | None, now: datetime) -> bool:
    """Whether it is younger than a day, and nobody has said since that they have seen it."""
    return at is not None and at > max(filter(None, (now - TOLD_FOR, trigger.heeded_at)))


def _lost(watched: Mapping[str, Trigger], now: datetime) -> list[Alert]:
    found: dict[str, list[Slot]] = {}
    for slot in history.lost(now - TOLD_FOR, watched):
        if _is_news(watched[slot.trigger], slot.made_at, now):
            found.setdefault(slot.trigger, []).append(slot)
    return [_told(watched[key], slots) for key, slots in found.items()]


def _told(trigger: Trigger, slots: Sequence[Slot]) -> Alert:
    return Alert(trigger, slots[0].reason, len(slots), slots[0].fire_at, can_be_heeded=True)
