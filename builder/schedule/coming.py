"""The next runs of a schedule in its own zone, with the changes of the clock between them marked. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from builder.schedule.dates import Times

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Coming:
    """One run. `change`: what happens to the clocks before it, in words; "" when nothing does."""

    moment: datetime
    change: str = ""


def coming(times: Times, now: datetime, count: int) -> tuple[Coming, ...]:
    """The next `count` runs after `now`."""
    found: list[Coming] = []
    before = now.astimezone(times.zone).utcoffset() or _NONE
    for moment in islice(times.after(now), count):
        there = moment.astimezone(times.zone)
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
