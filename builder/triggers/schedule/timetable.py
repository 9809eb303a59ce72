"""When a schedule fires: its times as published, those its conditions let through, what expressions read of them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from builder.clock import Clock
from builder.errors import InvalidInput
from builder.schedule import Dates, Times, check_zone, parse_cron, read_dates
from builder.store.triggers import Trigger
from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.core.trigger.schedule_on_dates import ScheduleOnDates
from builder.triggers.opening import Opening, is_conditional

_ON_DATES = (ScheduleOnDates.type_name, *ScheduleOnDates.aliases)
TYPES = (Schedule.type_name, *Schedule.aliases, *_ON_DATES)
SEARCHED = 10_000
"""How many times are looked at for one that the conditions let through; a week has about as many minutes."""
SEARCHED_FOR_A_PAGE = 500


def times_of(trigger: Trigger, clock: Clock) -> Times:
    """When this schedule fires, whatever its conditions say. Raises InvalidInput, ExpressionError."""
    definition, zone = trigger.definition, _written_zone(trigger)
    if trigger.type in _ON_DATES:
        return _dates(trigger, zone, clock)
    return parse_cron(str(definition["cron"]), with_seconds=definition.get("withSeconds") is True, timezone=zone)


def zone_of(trigger: Trigger) -> ZoneInfo:
    """The zone that its times are written in; UTC where it names none, or one that there is not."""
    name = _written_zone(trigger)
    return ZoneInfo("UTC" if check_zone(name) else name)


def _written_zone(trigger: Trigger) -> str:
    return str(trigger.definition.get("timezone") or "UTC")


def _dates(trigger: Trigger, zone: str, clock: Clock) -> Dates:
    found = Opening(trigger, {}, clock).rendered(trigger.definition["dates"], typed=True)
    if not isinstance(found, list):
        raise InvalidInput("dates must come to a list of dates.")
    return read_dates([str(date) for date in found], zone)


def following(times: Times, after: datetime) -> datetime | None:
    """The next slot."""
    return next(times.after(after), None)


def upcoming(trigger: Trigger, times: Times, clock: Clock, count: int) -> list[datetime]:
    """The next slots that the conditions let through as of now, in UTC; none for a trigger that is switched off."""
    if not trigger.active:
        return []
    found: Iterator[datetime] = islice(times.after(clock.now()), SEARCHED_FOR_A_PAGE)
    if is_conditional(trigger):
        found = fitting(Opening(trigger, {}, clock), found, times)
    return list(islice(found, count))


def variables(times: Times, slot: datetime) -> dict[str, str]:
    """trigger.date, next and previous: ISO with the offset of the schedule's zone."""
    return _written(times, date=slot, next=following(times, slot), previous=next(times.before(slot), None))


def fitting_variables(opening: Opening, times: Times, slot: datetime) -> dict[str, str]:
    """The same, where next and previous are slots that the conditions let through."""
    if not is_conditional(opening.trigger):
        return variables(times, slot)
    later, earlier = (
        next(fitting(opening, islice(candidates, SEARCHED), times), None)
        for candidates in (times.after(slot), times.before(slot))
    )
    return _written(times, date=slot, next=later, previous=earlier)


def fitting(opening: Opening, slots: Iterator[datetime], times: Times) -> Iterator[datetime]:
    """Those that the conditions let through; one that cannot be told is left out."""
    return (slot for slot in slots if opening.with_variables(_written(times, date=slot)).objection() is None)


def _written(times: Times, **moments: datetime | None) -> dict[str, str]:
    return {name: at.astimezone(times.zone).isoformat() for name, at in moments.items() if at is not None}
