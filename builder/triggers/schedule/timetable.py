"""Which times of a schedule its conditions let through, and what expressions read of them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from builder.clock import Clock
from builder.schedule import Times
from builder.store.triggers import Trigger
from builder.triggers.opening import Opening, is_conditional

SEARCHED = 10_000
"""How many times are looked at for one that the conditions let through; a week has about as many minutes."""
SEARCHED_FOR_A_PAGE = 500


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
