"""From a value of an expression to an aware date-time, and moving it by a number of units."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from builder.expressions.dates.formats import pattern_of
from builder.expressions.dates.pattern import DAYS, MONTHS, fields
from builder.expressions.evaluation.session import zone_named
from builder.expressions.faults import ExpressionError
from builder.expressions.values import kind

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d{2}(?::?\d{2})?)?(?:\[([\w/+-]+)\])?)?",
    re.ASCII,
)
_DIGITS = {"y": "year", "u": "year", "M": "month", "L": "month", "d": "day", "D": "day_of_year", "H": "hour",
           "h": "hour12", "K": "hour12", "k": "hour24", "m": "minute", "s": "second"}  # fmt: skip


def read_date(value: Any, zone: tzinfo, existing_format: str | None = None) -> datetime:
    """Date-times as they are (local ones in `zone`), integers since 1970, texts as ISO or by a pattern."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(12), zone)
    if isinstance(value, int) and not isinstance(value, bool):
        return _from_epoch(value).astimezone(zone)
    if isinstance(value, str):
        return _by_pattern(value, existing_format, zone) if existing_format else _iso(value.strip(), zone)
    raise ExpressionError(f"A date is expected, not {kind(value)}")


def _from_epoch(number: int) -> datetime:
    """Seconds; milliseconds where it has 13 digits, nanoseconds where it has 19."""
    seconds, micros = number, 0
    if (digits := len(str(abs(number))) if abs(number) < 10**20 else 0) in (13, 19):
        seconds, rest = divmod(number, 1000 if digits == 13 else 10**9)
        micros = rest * 1000 if digits == 13 else rest // 1000
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    except (OverflowError, ValueError, OSError):
        raise ExpressionError("The number is too large for a date (it counts seconds since 1970)") from None


def _iso(text: str, zone: tzinfo) -> datetime:
    found = _ISO.fullmatch(text[:100])
    if found is None:
        raise ExpressionError("The text is not a date", hint="write 2025-12-31T23:59:59Z, or give existingFormat")
    day, clock, fraction, offset, region = found.groups()
    zone = zone_named(region) if region else zone_named(_full_offset(offset)) if offset else zone
    try:
        when = datetime.fromisoformat(f"{day}T{clock or '00:00'}")
    except ValueError:
        raise ExpressionError("The text is not a date: a part of it is out of range") from None
    return when.replace(microsecond=int((fraction or "0").ljust(6, "0")[:6]), tzinfo=zone)


def _full_offset(offset: str) -> str:
    return offset + "00" if len(offset) == 3 else offset


@lru_cache(maxsize=256)
def _reader(pattern: str) -> re.Pattern[str]:
    parts, seen = [], set()
    for part in fields(pattern):
        group, expression = _field(part)
        if group and group not in seen:
            seen.add(group)
            expression = f"(?P<{group}>{expression})"
        parts.append(expression)
    return re.compile("".join(parts), re.IGNORECASE | re.ASCII)


def _field(part: str) -> tuple[str, str]:
    """The name of a field and what its text looks like."""
    letter, width = part[0], len(part)
    if letter == "'":
        return "", re.escape(part[1:])
    if letter in "ML" and width >= 3:
        return "month_name", "|".join(name if width > 3 else name[:3] for name in MONTHS)
    if letter in "Ee":
        return "", "(?:" + "|".join(name if width > 3 else name[:3] for name in DAYS) + ")"
    if letter in _DIGITS:
        return _DIGITS[letter], rf"\d{{{width}}}" if width > 1 else r"\d{1,4}"
    special = {"S": ("fraction", rf"\d{{{width}}}"), "a": ("half", "am|pm"), "V": ("zone", r"[\w/+:-]+"),
               "z": ("zone", r"[\w/+:-]+")}  # fmt: skip
    if letter in "XxZO":
        return "offset", r"Z|(?:GMT)?[+-]\d{2}:?(?:\d{2})?|GMT"
    if letter not in special:
        raise ExpressionError(f"The date pattern has no field `{part[:20]}` that can be read")
    return special[letter]


def _by_pattern(text: str, pattern: str, zone: tzinfo) -> datetime:
    found = _reader(pattern_of(pattern)).fullmatch(text[:300])
    if found is None:
        raise ExpressionError("The text is not a date of the pattern in existingFormat")
    parts = {name: value for name, value in found.groupdict().items() if value}
    offset = parts.get("offset", "").removeprefix("GMT") or ("Z" if "offset" in parts else "")
    zone = zone_named(parts["zone"]) if "zone" in parts else zone_named(_full_offset(offset)) if offset else zone
    try:
        return _built(parts, zone)
    except ValueError:
        raise ExpressionError("The text is not a date: a part of it is out of range") from None


def _built(parts: dict[str, str], zone: tzinfo) -> datetime:
    year = int(parts.get("year", "1970"))
    month = int(parts.get("month", "1"))
    if "month_name" in parts:
        month = [name[:3].lower() for name in MONTHS].index(parts["month_name"][:3].lower()) + 1
    hour = int(parts.get("hour") or int(parts.get("hour24", "0")) % 24)
    if "hour12" in parts:
        hour = int(parts["hour12"]) % 12 + (12 if parts.get("half", "am").lower() == "pm" else 0)
    micros = int(parts.get("fraction", "0").ljust(6, "0")[:6])
    when = datetime(year + 2000 if year < 100 else year, month, int(parts.get("day", "1")), hour,
                    int(parts.get("minute", "0")), int(parts.get("second", "0")), micros, zone)  # fmt: skip
    return when + timedelta(days=int(parts["day_of_year"]) - 1) if "day_of_year" in parts else when


_EXACT = {"MICROS": 1, "MILLIS": 1000, "SECONDS": 10**6, "MINUTES": 60 * 10**6, "HOURS": 3600 * 10**6,
          "HALF_DAYS": 43200 * 10**6}  # fmt: skip
_DAY_UNITS = {"DAYS": 1, "WEEKS": 7}
_MONTH_UNITS = {"MONTHS": 1, "YEARS": 12, "DECADES": 120, "CENTURIES": 1200, "MILLENNIA": 12000}
UNITS = (*_EXACT, "NANOS", *_DAY_UNITS, *_MONTH_UNITS)


def add_units(when: datetime, amount: int, unit: str) -> datetime:
    """Days and longer keep the clock of the zone; hours and shorter are exact."""
    name = unit.upper() if unit.upper().endswith("S") or unit.upper() == "MILLENNIA" else unit.upper() + "S"
    try:
        if name == "NANOS":
            return when + timedelta(microseconds=amount // 1000)
        if name in _EXACT:
            return (when.astimezone(UTC) + timedelta(microseconds=amount * _EXACT[name])).astimezone(when.tzinfo)
        if name in _DAY_UNITS:
            return when + timedelta(days=amount * _DAY_UNITS[name])
        if name in _MONTH_UNITS:
            return _months_later(when, amount * _MONTH_UNITS[name])
    except (OverflowError, ValueError):
        raise ExpressionError("The date is out of range: years go from 1 to 9999") from None
    raise ExpressionError("There is no such unit of time", hint="units are " + ", ".join(UNITS))


def _months_later(when: datetime, months: int) -> datetime:
    count = when.year * 12 + when.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return when.replace(year=year, month=month + 1, day=min(when.day, calendar.monthrange(year, month + 1)[1]))
