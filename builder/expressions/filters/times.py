"""Filters on dates."""

import re
from datetime import datetime
from typing import Any

from builder.expressions.dates.formats import format_date
from builder.expressions.dates.names import names_of
from builder.expressions.dates.reading import add_units, read_date
from builder.expressions.evaluation.arguments import only_text
from builder.expressions.evaluation.session import Session, zone_named
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import filter_
from builder.expressions.values import is_number


def _read(session: Session, value: Any, time_zone: Any, existing_format: Any) -> datetime:
    zone = zone_named(time_zone) if time_zone is not None else session.zone
    if existing_format is not None:
        only_text(existing_format, "existingFormat")
    try:
        return read_date(value, zone, existing_format).astimezone(zone)
    except OverflowError:
        raise ExpressionError("The date is out of range: years go from 1 to 9999") from None


def printed(session: Session, when: datetime, format: Any, time_zone: Any, locale: Any) -> str:
    """A date-time as text in the given (or the session's) zone; names are English unless a locale is named."""
    zone = zone_named(time_zone) if time_zone is not None else session.zone
    names = names_of(None if locale is None else only_text(locale, "The locale"))
    try:
        return format_date(when.astimezone(zone), only_text(format, "The format"), names)
    except OverflowError:
        raise ExpressionError("The date is out of range: years go from 1 to 9999") from None


@filter_("date", "A date as text: a named format (iso, sql, iso_date ...) or a pattern.",
         "{{ '2025-12-31T10:00:00Z' | date('dd/MM/yyyy') }}", "31/12/2025")  # fmt: skip
def date(session: Session, value: Any, format: Any = "iso", time_zone: Any = None, existing_format: Any = None,
         locale: Any = None) -> str:  # fmt: skip
    return printed(session, _read(session, value, time_zone, existing_format), format, time_zone, locale)


def _amount(value: Any) -> int:
    """A number without its fraction, or the text of a whole number."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII):
        return int(value)
    if is_number(value) and abs(value) < 2**63:
        return int(value)
    raise ExpressionError("The amount must be a whole number")


@filter_("dateAdd", "A date moved by an amount of a unit (DAYS, HOURS ...), as text.",
         "{{ '2025-12-31' | dateAdd(1, 'DAYS', 'iso_local_date') }}", "2026-01-01")  # fmt: skip
def date_add(session: Session, value: Any, amount: Any, unit: Any, format: Any = "iso", time_zone: Any = None,
             existing_format: Any = None, locale: Any = None) -> str:  # fmt: skip
    when = _read(session, value, time_zone, existing_format)
    moved = add_units(when, _amount(amount), only_text(unit, "The unit"))
    return printed(session, moved, format, time_zone, locale)


def _seconds(when: datetime) -> int:
    return int(when.timestamp() // 1)


@filter_("timestamp", "Seconds since 1970.", "{{ '2025-01-01T00:00:00Z' | timestamp }}", "1735689600")
def timestamp(session: Session, value: Any, time_zone: Any = None, existing_format: Any = None) -> int:
    return _seconds(_read(session, value, time_zone, existing_format))


@filter_("timestampMilli", "Milliseconds since 1970.", "{{ '2025-01-01T00:00:00Z' | timestampMilli }}", "1735689600000")
def timestamp_milli(session: Session, value: Any, time_zone: Any = None, existing_format: Any = None) -> int:
    when = _read(session, value, time_zone, existing_format)
    return _seconds(when) * 1000 + when.microsecond // 1000


@filter_("timestampMicro", "Microseconds since 1970.", "{{ '2025-01-01T00:00:00Z' | timestampMicro }}",
         "1735689600000000")  # fmt: skip
def timestamp_micro(session: Session, value: Any, time_zone: Any = None, existing_format: Any = None) -> int:
    when = _read(session, value, time_zone, existing_format)
    return _seconds(when) * 10**6 + when.microsecond


@filter_("timestampNano", "Nanoseconds since 1970.", "{{ '2025-01-01T00:00:00Z' | timestampNano }}",
         "1735689600000000000")  # fmt: skip
def timestamp_nano(session: Session, value: Any, time_zone: Any = None, existing_format: Any = None) -> int:
    when = _read(session, value, time_zone, existing_format)
    return _seconds(when) * 10**9 + when.microsecond * 1000
