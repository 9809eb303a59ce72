"""Functions on dates."""

import calendar
import re
from datetime import datetime
from typing import Any

import holidays

from builder.expressions.dates.pattern import DAYS
from builder.expressions.dates.reading import read_date
from builder.expressions.evaluation.arguments import only_text
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.filters.times import printed
from builder.expressions.registry import function

_PLACES = {"FIRST": 0, "SECOND": 1, "THIRD": 2, "FOURTH": 3, "LAST": -1}


@function("now", "The time of the rendering, as text.", "{{ now(format='iso_local_date') }}", None)
def now(session: Session, format: Any = "iso", time_zone: Any = None, existing_format: Any = None,
        locale: Any = None) -> str:  # fmt: skip
    return printed(session, session.now, format, time_zone, locale)


def _read(session: Session, value: Any) -> datetime:
    return read_date(value, session.zone)


def _instant(session: Session, value: Any) -> datetime:
    """A date that names its zone; one that does not cannot be compared."""
    if isinstance(value, str):
        plain = read_date(value, session.zone)
        if plain.tzinfo is session.zone and not value.strip().endswith(("Z", "]")):
            raise ExpressionError("The date has no time zone", hint="write it 2025-12-31T23:59:59Z")
        return plain
    return _read(session, value)


@function("dayOfWeek", "The day's name: MONDAY ...", "{{ dayOfWeek('2025-12-31') }}", "WEDNESDAY")
def day_of_week(session: Session, date: Any) -> str:
    return DAYS[_read(session, date).weekday()].upper()


@function("dayOfMonth", "The day of the month, from 1.", "{{ dayOfMonth('2025-12-31') }}", "31")
def day_of_month(session: Session, date: Any) -> int:
    return _read(session, date).day


@function("monthOfYear", "The month, from 1.", "{{ monthOfYear('2025-12-31') }}", "12")
def month_of_year(session: Session, date: Any) -> int:
    return _read(session, date).month


@function("hourOfDay", "The hour in the date's own zone, from 0.", "{{ hourOfDay('2025-12-31T10:30:00+02:00') }}", "10")
def hour_of_day(session: Session, date: Any) -> int:
    return _read(session, date).hour


@function("isWeekend", "Whether it is Saturday or Sunday.", "{{ isWeekend('2025-12-31') }}", "false")
def is_weekend(session: Session, date: Any) -> bool:
    return _read(session, date).weekday() >= 5


@function("isDayWeekInMonth", "Whether it is the FIRST, SECOND ... LAST such weekday of its month.",
          "{{ isDayWeekInMonth('2025-12-01', 'MONDAY', 'FIRST') }}", "true")  # fmt: skip
def is_day_week_in_month(session: Session, date: Any, day_of_week: Any, position: Any) -> bool:
    when, name = _read(session, date), only_text(day_of_week, "dayOfWeek").upper()
    place = only_text(position, "The position").upper()
    if name not in map(str.upper, DAYS) or place not in _PLACES:
        raise ExpressionError("isDayWeekInMonth needs a day (MONDAY ...) and one of " + ", ".join(_PLACES))
    last = calendar.monthrange(when.year, when.month)[1]
    nth = (when.day - 1) // 7 == _PLACES[place] if place != "LAST" else when.day + 7 > last
    return DAYS[when.weekday()].upper() == name and nth


@function("isLastWorkingDay", "Whether it is the last working day (Monday to Friday, or those named) of its month.",
          "{{ isLastWorkingDay('2025-12-31') }}", "true")  # fmt: skip
def is_last_working_day(session: Session, date: Any, working_days: Any = None) -> bool:
    when, known = _read(session, date), [name.upper() for name in DAYS]
    named = re.split(r"[,\s]+", only_text(working_days, "workingDays").strip().upper()) if working_days else known[:5]
    if unknown := [name for name in named if name and name not in known]:
        raise ExpressionError(f"isLastWorkingDay does not know the day '{unknown[0][:20]}'", hint="days are MONDAY ...")
    last = calendar.monthrange(when.year, when.month)[1]
    rest = [known[(when.weekday() + step) % 7] in named for step in range(last - when.day + 1)]
    return rest[0] and not any(rest[1:])


@function("isPublicHoliday", "Whether it is a public holiday of a country, or of a part of it.",
          "{{ isPublicHoliday('2025-12-25', 'FR') }}", "true")  # fmt: skip
def is_public_holiday(session: Session, date: Any, country_code: Any, sub_division: Any = None) -> bool:
    when, country = _read(session, date), only_text(country_code, "countryCode").upper()
    part = only_text(sub_division, "subDivision").strip() or None if sub_division is not None else None
    try:
        return when.date() in holidays.country_holidays(country, subdiv=part, years=when.year)
    except (NotImplementedError, KeyError):
        raise ExpressionError("The holidays of this country or part of it are not known",
                              hint="a country is written FR, a part as in ISO 3166-2: BY") from None  # fmt: skip


@function("isDateBefore", "Whether a date is before another.",
          "{{ isDateBefore('2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z') }}", "true")  # fmt: skip
def is_date_before(session: Session, date: Any, before: Any) -> bool:
    return _instant(session, date) < _instant(session, before)


@function("isDateAfter", "Whether a date is after another.",
          "{{ isDateAfter('2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z') }}", "false")  # fmt: skip
def is_date_after(session: Session, date: Any, after: Any) -> bool:
    return _instant(session, date) > _instant(session, after)


@function("isDateBetween", "Whether a date is between two others, neither of them included.",
          "{{ isDateBetween('2025-06-01T00:00:00Z', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z') }}",
          "true")  # fmt: skip
def is_date_between(session: Session, date: Any, after: Any, before: Any) -> bool:
    return _instant(session, after) < _instant(session, date) < _instant(session, before)
