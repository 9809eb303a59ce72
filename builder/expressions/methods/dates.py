"""Methods of date-times, as Java's ZonedDateTime has them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from builder.expressions.dates.pattern import DAYS, MONTHS
from builder.expressions.dates.reading import add_units
from builder.expressions.evaluation import operators
from builder.expressions.evaluation.arguments import whole
from builder.expressions.evaluation.session import Session
from builder.expressions.registry import method


def _part(names: str, summary: str, read: Callable[[datetime], Any]) -> None:
    shown = f"{{{{ trigger.date.{names.split()[0].partition('.')[2]}() }}}}"
    method(names, summary, shown, None)(lambda session, value: read(_moment(value)))


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time(), UTC)


_part("date.getYear", "The year.", lambda when: when.year)
_part("date.getMonthValue", "The month, from 1.", lambda when: when.month)
_part("date.getMonth", "The month's name: JANUARY ...", lambda when: MONTHS[when.month - 1].upper())
_part("date.getDayOfMonth", "The day of the month, from 1.", lambda when: when.day)
_part("date.getDayOfYear", "The day of the year, from 1.", lambda when: when.timetuple().tm_yday)
_part("date.getDayOfWeek", "The day's name: MONDAY ...", lambda when: DAYS[when.weekday()].upper())
_part("date.getHour", "The hour, from 0.", lambda when: when.hour)
_part("date.getMinute", "The minute, from 0.", lambda when: when.minute)
_part("date.getSecond", "The second, from 0.", lambda when: when.second)
_part("date.getNano", "The fraction of the second, in nanoseconds.", lambda when: when.microsecond * 1000)
_part("date.toEpochSecond date.getEpochSecond", "Seconds since 1970.", lambda when: int(when.timestamp() // 1))
_part("date.toEpochMilli", "Milliseconds since 1970.", lambda when: int(when.timestamp() // 1) * 1000
      + when.microsecond // 1000)  # fmt: skip
_part("date.toLocalDate", "The day without its time.", lambda when: when.date())
_part("date.toInstant", "The same moment in UTC.", lambda when: when.astimezone(UTC))


def _moved(unit: str, sign: int) -> Callable[[Session, Any, Any], datetime]:
    def moved(session: Session, value: Any, amount: Any) -> datetime:
        return add_units(_moment(value), sign * whole(amount, "The amount"), unit)

    return moved


for _unit in ("Years", "Months", "Weeks", "Days", "Hours", "Minutes", "Seconds"):
    for _word, _sign in (("plus", 1), ("minus", -1)):
        _shift = method(f"date.{_word}{_unit}", f"The date-time so many {_unit.lower()} {_word}.",
                        f"{{{{ trigger.date.{_word}{_unit}(1) }}}}", None)  # fmt: skip
        _shift(_moved(_unit.upper(), _sign))


@method("date.isBefore", "Whether it is before another.", "{{ trigger.date.isBefore(execution.startDate) }}", None)
def is_before(session: Session, value: date, other: Any) -> bool:
    return operators.compare("<", value, other)


@method("date.isAfter", "Whether it is after another.", "{{ trigger.date.isAfter(execution.startDate) }}", None)
def is_after(session: Session, value: date, other: Any) -> bool:
    return operators.compare(">", value, other)


@method("date.isEqual", "Whether both are the same moment.", "{{ trigger.date.isEqual(execution.startDate) }}", None)
def is_equal(session: Session, value: date, other: Any) -> bool:
    return operators.equal(value, other, session.budget)
