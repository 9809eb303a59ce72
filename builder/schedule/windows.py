"""Windows of time within which several things must have happened: (window, instant) -> span. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from builder.errors import InvalidInput

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`, in UTC. `since`: what happened before it counts no more (sliding windows)."""

    start: datetime
    end: datetime
    since: datetime


class Window(Protocol):
    """Cuts time into spans; what happened in one span counts together."""

    def around(self, instant: datetime) -> Span | None:
        """The span that an instant belongs to; None when it belongs to none."""
        ...

    def ending_after(self, instant: datetime) -> Span | None:
        """The first span that ends later; None for a window that never ends."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """One span after the other, each `length` long, counted from midnight (whole weeks: from Monday) plus `offset`."""

    length: timedelta
    offset: timedelta
    zone: ZoneInfo

    def around(self, instant: datetime) -> Span:
        local = instant.astimezone(self.zone).replace(tzinfo=None) - self.offset
        start = _days(local, self.length) if self.length % DAY == timedelta(0) else _within_day(local, self.length)
        end = start + self.length
        if self.length < DAY:
            end = min(end, datetime.combine(start.date() + DAY, time()))
        return _span(_instant(start + self.offset, self.zone), _instant(end + self.offset, self.zone))

    def ending_after(self, instant: datetime) -> Span:
        return self.around(instant)


@dataclass(frozen=True, slots=True)
class Daily:
    """One span a day, from one time of the day to another; over midnight when it ends before it begins."""

    begin: time
    end: time
    zone: ZoneInfo

    def around(self, instant: datetime) -> Span | None:
        span = self.ending_after(instant)
        return span if span.start <= instant else None

    def ending_after(self, instant: datetime) -> Span:
        day = instant.astimezone(self.begin.tzinfo or self.zone).date() - DAY
        while self._of(day).end <= instant:
            day += DAY
        return self._of(day)

    def _of(self, day: date) -> Span:
        over = DAY if _plain(self.end) <= _plain(self.begin) else timedelta(0)
        return _span(_at(day, self.begin, self.zone), _at(day + over, self.end, self.zone))


@dataclass(frozen=True, slots=True)
class Lookback:
    """What happened within `length` before now; one span for all times."""

    length: timedelta

    def around(self, instant: datetime) -> Span:
        return Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC), instant - self.length)

    def ending_after(self, instant: datetime) -> None:
        return None


def read_time(text: str) -> time:
    """A time of the day such as 09:00:00 or 09:00:00+01:00. Raises InvalidInput."""
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(f"`{text[:50]}` is no time of the day; write it like 09:00:00 or 09:00:00+01:00") from None


def _span(start: datetime, end: datetime) -> Span:
    return Span(start, end, start)


def _days(local: datetime, length: timedelta) -> datetime:
    """Whole days, so that each begins at midnight whatever the clocks do; the first of all days was a Monday."""
    number = length // DAY
    return datetime.combine(date.fromordinal((local.toordinal() - 1) // number * number + 1), time())


def _within_day(local: datetime, length: timedelta) -> datetime:
    midnight = datetime.combine(local.date(), time())
    if length > DAY:
        midnight = datetime.combine(date.fromordinal((local.toordinal() - 1) // 7 * 7 + 1), time())
    return midnight + (local - midnight) // length * length


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, _plain(at), tzinfo=at.tzinfo or zone).astimezone(UTC)


def _plain(at: time) -> time:
    return at.replace(tzinfo=None)
