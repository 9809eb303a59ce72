"""The next runs of a schedule in its own zone, with the changes of the clock between them marked. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from builder.schedule.dates import Times

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Coming:
    """One run. `change`: what happens to the clocks before it, in words; "" when nothing does."""

    moment: datetime
    change: str = ""


def coming(times: Times, now: datetime, count: int) -> tuple[Coming, ...]:
    """The next `count` runs after `now`."""
    return marked(islice(times.after(now), count), times.zone, now)


def marked(moments: Iterable[datetime], zone: ZoneInfo, now: datetime) -> tuple[Coming, ...]:
    """Moments in order, in their zone, with the changes of its clocks since `now` at the first one after each."""
    found: list[Coming] = []
    before = now.astimezone(zone).utcoffset() or _NONE
    for moment in moments:
        there = moment.astimezone(zone)
        offset = there.utcoffset() or _NONE
        found.append(Coming(there, _change(offset - before)))
        before = offset
    return tuple(found)


def _change(shift: timedelta) -> str:
    if not shift:
        return ""
    minutes = abs(shift) // timedelta(minutes=1)
    long = f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
    return f"the clocks go {'forward' if shift > _NONE else 'back'} by {long} before it"
