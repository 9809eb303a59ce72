"""The next runs of a schedule in its own zone, with the changes of the clock between them marked. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from builder.schedule.dates import Times
from builder.schedule.lengths import in_words

_NONE, _A_MINUTE = timedelta(0), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """One run. `change`: what happens to the clocks around it, in words; "" when nothing does."""

    moment: datetime
    change: str = ""


def coming(times: Times, now: datetime, count: int) -> tuple[Coming, ...]:
    """The next `count` runs after `now`."""
    return marked(islice(times.after(now), count), times.zone, now)


def marked(moments: Iterable[datetime], zone: ZoneInfo, now: datetime) -> tuple[Coming, ...]:
    """Moments in order, in their zone, with what its clocks do: changes since `now` at the first one after each, and
    at each one that they move or tell twice."""
    found: list[Coming] = []
    before = now.astimezone(zone)
    for moment in moments:
        there = moment.astimezone(zone)
        found.append(Coming(there, ", and ".join(_changes(there, before))))
        before = there
    return tuple(found)


def _changes(there: datetime, before: datetime) -> Iterator[str]:
    shift = _offset(there) - _offset(before) or _just_now(there, before)
    if shift:
        yield f"the clocks go {'forward' if shift > _NONE else 'back'} by {in_words(abs(shift))} before it"
    ahead, was_ahead = _ahead(there), _ahead(before) and there.date() == before.date()
    if ahead and not was_ahead:
        yield f"this time comes twice: the clocks go back by {in_words(ahead)} after it"


def _just_now(there: datetime, before: datetime) -> timedelta:
    """A change right before a moment, or that makes it the second one of its name, where `before` is older than it.

    Two that lie far apart may tell the same offset, though the clocks changed twice between them.
    """
    shift = _offset(there) - _offset(there.replace(fold=0))
    edge = there.astimezone(UTC) - (abs(shift) or _A_MINUTE)
    shift = shift or _offset(there) - _offset(edge.astimezone(there.tzinfo))
    return shift if before.astimezone(UTC) < edge else _NONE


def _ahead(there: datetime) -> timedelta:
    """By how much the clocks go back after a moment whose time will come again; nothing for all others."""
    return _offset(there) - _offset(there.replace(fold=1)) if there.fold == 0 else _NONE


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or _NONE
