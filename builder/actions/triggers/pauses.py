"""Times of a schedule that passed while it was off, or waited as it became another one: noted as missed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from builder.actions.triggers.times import times_of
from builder.clock import Clock
from builder.errors import BuilderError, Unavailable
from builder.schedule import Recover, Times
from builder.schedule.slots import MOST_RECOVERED
from builder.store import triggers
from builder.store.triggers import Trigger, history
from builder.tasks.core.trigger import SCHEDULES

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Passed:
    """The newest times that passed after `since`, oldest first; `more`: there were others before them."""

    since: datetime
    moments: tuple[datetime, ...]
    more: bool

    @property
    def count(self) -> int:
        return len(self.moments)

    @property
    def last(self) -> datetime:
        return self.moments[-1]


@dataclass(frozen=True, slots=True)
class Resumed:
    """A schedule that is on again. `recover`: which of the times that passed a backfill starts; others are missed.

    `why_none`: why it starts none of them although nobody said so.
    """

    trigger_id: str
    passed: Passed
    recover: Recover
    why_none: str = ""

    @property
    def in_words(self) -> str:
        """What was done, in a sentence."""
        many = f"{'more than ' * self.passed.more}{self.passed.count} time{'s' * (self.passed.count != 1)}"
        done = {
            Recover.ALL: "a backfill starts the newest" if self.passed.more else "a backfill starts all",
            Recover.LAST: "a backfill starts the last",
            Recover.NONE: "all noted as missed" + (f", since {self.why_none}" if self.why_none else ""),
        }[self.recover]
        return f"{self.trigger_id}: {many} passed while it was off; {done}."


def passed(times: Times, since: datetime, upto: datetime) -> Passed | None:
    """Those after the one moment, up to and with the other; None when there are none."""
    found: list[datetime] = []
    for moment in times.before(upto + INSTANT):
        if moment <= since or len(found) > MOST_RECOVERED:
            break
        found.append(moment)
    newest = tuple(reversed(found[:MOST_RECOVERED]))
    return Passed(since, newest, len(found) > MOST_RECOVERED) if newest else None


def note_pause(trigger: Trigger, found: Passed | None, now: datetime) -> None:
    """It is on again: what passed while it was off is missed. Times that something is known of stay as they are."""
    if found is not None:
        off = f"it, or its flow, was off after {found.since:%Y-%m-%d %H:%M} UTC; a backfill makes up for it."
        history.note_missed(trigger.key, found.moments, f"Missed: {off}", now)
    triggers.forget_pause(trigger)


def note_changed(trigger: Trigger, now: datetime, clock: Clock) -> None:
    """It has another definition from now on: the times of this one that started nothing yet never will."""
    if trigger.type not in SCHEDULES or not (trigger.active or trigger.off_at):
        return
    try:
        found = passed(times_of(trigger, clock), trigger.off_at or trigger.seen_upto, now)
    except Unavailable:
        raise
    except BuilderError:
        return  # it had no times
    if found is not None:
        reason = "Missed: the trigger was changed in its flow before this time had started anything."
        history.note_missed(trigger.key, found.moments, reason, now)
