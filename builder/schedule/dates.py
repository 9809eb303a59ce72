"""Set dates as a schedule: when they come, why they are refused, what they say in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from builder.errors import InvalidInput
from builder.schedule.cron import check_zone


class Times(Protocol):
    """When a schedule must fire: a cron expression, or set dates."""

    @property
    def zone(self) -> ZoneInfo:
        """In whose time people think of it."""
        ...

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The instants strictly after, in order, in UTC."""
        ...

    def before(self, instant: datetime) -> Iterator[datetime]:
        """The instants strictly before, latest first, in UTC."""
        ...

    def in_words(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Dates:
    """Set dates, in order, in UTC."""

    moments: tuple[datetime, ...]
    zone: ZoneInfo

    def after(self, instant: datetime) -> Iterator[datetime]:
        return (moment for moment in self.moments if moment > instant)

    def before(self, instant: datetime) -> Iterator[datetime]:
        return (moment for moment in reversed(self.moments) if moment < instant)

    def in_words(self) -> str:
        count = len(self.moments)
        return "On one set date" if count == 1 else f"On {count} set dates"


def read_dates(texts: Sequence[str], timezone: str = "UTC") -> Dates:
    """Dates in ISO-8601; those without an offset are in the zone. Raises InvalidInput."""
    problem = check_zone(timezone)
    if problem:
        raise InvalidInput(problem)
    zone = ZoneInfo(timezone)
    return Dates(tuple(sorted({_read(text, zone) for text in texts})), zone)


def check_date(text: str) -> str | None:
    """What is wrong with a date as written."""
    try:
        _read(text, ZoneInfo("UTC"))
    except InvalidInput as error:
        return error.message
    return None


def _read(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip().partition("[")[0])
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"`{text[:100]}` is not a date; write it like 2027-01-15T09:00:00 or 2027-01-15T09:00:00+01:00"
        ) from None
