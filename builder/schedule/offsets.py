"""Where the clocks of a time zone change, between two moments. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_WEEK, _SECOND = timedelta(days=7), timedelta(seconds=1)


def offset_at(zone: ZoneInfo, moment: datetime) -> timedelta:
    """How far the clocks are ahead of UTC. Raises OverflowError where the calendar begins or ends."""
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def change_between(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """The change of the clocks that is the nearest to `start`: its first second. None when there is none upto `end`.

    `end` may be the earlier one. Changes within a week that undo each other are not seen; there has never been one.
    """
    offset = offset_at(zone, start)
    step = _WEEK if end > start else -_WEEK
    same = start
    while abs(end - same) > _WEEK:
        if offset_at(zone, same + step) != offset:
            return _found(zone, offset, same, same + step)
        same += step
    return _found(zone, offset, same, end) if offset_at(zone, end) != offset else None


def _found(zone: ZoneInfo, offset: timedelta, same: datetime, other: datetime) -> datetime:
    while abs(other - same) > _SECOND:
        middle = (same + (other - same) / 2).replace(microsecond=0)
        if middle in (same, other):
            break
        if offset_at(zone, middle) == offset:
            same = middle
        else:
            other = middle
    return max(same, other).replace(microsecond=0)
