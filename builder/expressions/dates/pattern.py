"""A DateTimeFormatter pattern: its fields, how each prints, and a regular expression that reads them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from builder.expressions.dates.names import ENGLISH, Names
from builder.expressions.faults import ExpressionError

MONTHS = ENGLISH.months["wide"]
DAYS = ENGLISH.days["wide"]
_LONGEST = 200
_WIDEST = 20


@lru_cache(maxsize=256)
def fields(pattern: str) -> tuple[str, ...]:
    """`yyyy-MM` as ("yyyy", "'-", "MM"): runs of a letter, and literal text marked by a quote."""
    if len(pattern) > _LONGEST:
        raise ExpressionError(f"A date pattern is longer than {_LONGEST} characters")
    found, at = [], 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            text, at = _quoted(pattern, at)
            found.append("'" + text)
        elif letter.isascii() and letter.isalpha():
            run = re.compile(letter + "+").match(pattern, at)
            assert run
            found.append(run.group())
            at = run.end()
        else:
            if letter not in "[]":
                found.append("'" + letter)
            at += 1
    return tuple(found)


def _quoted(pattern: str, start: int) -> tuple[str, int]:
    if pattern[start : start + 2] == "''":
        return "'", start + 2
    quoted = re.compile(r"'((?:[^']|'')*)'").match(pattern, start)
    if quoted is None:
        raise ExpressionError("A quote in the date pattern is never closed")
    return quoted.group(1).replace("''", "'"), quoted.end()


def format_pattern(when: datetime, pattern: str, names: Names = ENGLISH) -> str:
    """An aware date-time by a pattern."""
    return "".join(part[1:] if part[0] == "'" else _printed(when, part, names) for part in fields(pattern))


def _printed(when: datetime, part: str, names: Names) -> str:
    letter, width = part[0], len(part)
    if letter in _NAMED and width <= _WIDEST:
        return _NAMED[letter](when, width, names)
    if letter not in _PRINT or width > _WIDEST:
        raise ExpressionError(f"The date pattern has no field `{part[:20]}`")
    return _PRINT[letter](when, width)


def _padded(value: int, width: int) -> str:
    return f"{value:0{width}d}"


def _year(when: datetime, width: int) -> str:
    return _padded(when.year % 100, 2) if width == 2 else _padded(when.year, width)


def _week_year(when: datetime, width: int) -> str:
    first = _us_week(when)[0]
    return _padded(first % 100, 2) if width == 2 else _padded(first, width)


def _us_week(when: datetime) -> tuple[int, int]:
    """Year and week as in the United States: weeks start on Sunday, the first holds January 1."""
    saturday = when + timedelta(days=6 - when.isoweekday() % 7)
    return saturday.year, (saturday.timetuple().tm_yday - 1) // 7 + 1


def _month(when: datetime, width: int, names: Names) -> str:
    return names.months[_width(width)][when.month - 1] if 3 <= width <= 5 else _padded(when.month, width)


def _width(letters: int) -> str:
    return {4: "wide", 5: "narrow"}.get(letters, "abbreviated")


def _day_name(when: datetime, width: int, names: Names) -> str:
    return names.days[_width(width)][when.weekday()]


def _local_day(when: datetime, width: int, names: Names) -> str:
    return _padded(when.isoweekday() % 7 + 1, width) if width <= 2 else _day_name(when, width, names)


def _quarter(when: datetime, width: int) -> str:
    number = (when.month + 2) // 3
    names = {3: f"Q{number}", 4: ("1st", "2nd", "3rd", "4th")[number - 1] + " quarter"}
    return names.get(width) or _padded(number, min(width, 2))


def _era(when: datetime, width: int) -> str:
    return "Anno Domini" if width == 4 else "A" if width == 5 else "AD"


def _offset(when: datetime, width: int, *, colon: bool, zero: str) -> str:
    offset = when.utcoffset() or timedelta()
    if not offset:
        return zero
    seconds = int(offset.total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    text = f"{'-' if seconds < 0 else '+'}{hours:02d}"
    if width == 1:
        return text + (f"{minutes:02d}" if minutes else "")
    return text + (":" if colon else "") + f"{minutes:02d}"


def _big_x(when: datetime, width: int) -> str:
    return _offset(when, width, colon=width in (3, 5), zero="Z")


def _small_x(when: datetime, width: int) -> str:
    return _offset(when, width, colon=width in (3, 5), zero={1: "+00", 2: "+0000", 4: "+0000"}.get(width, "+00:00"))


def _z(when: datetime, width: int) -> str:
    if width == 4:
        return _localized_offset(when, 4)
    if width == 5:
        return _offset(when, 3, colon=True, zero="Z")
    return _offset(when, 2, colon=False, zero="+0000")


def _localized_offset(when: datetime, width: int) -> str:
    text = _offset(when, 3, colon=True, zero="")
    if width == 1 and text:
        text = re.sub(r"(?<=[+-])0", "", text).removesuffix(":00")
    return "GMT" + text


def zone_id(when: datetime) -> str:
    """`Europe/Paris`, `Z` or `+02:00`."""
    return str(getattr(when.tzinfo, "key", "")) or _offset(when, 3, colon=True, zero="Z")


def _zone_name(when: datetime, width: int) -> str:
    if when.tzinfo is UTC:
        return "Coordinated Universal Time" if width == 4 else "UTC"
    name = when.tzname() or ""
    return name if name.isalpha() else zone_id(when)


_NAMED: dict[str, Callable[[datetime, int, Names], str]] = {
    "M": _month,
    "L": _month,
    "E": _day_name,
    "e": _local_day,
    "c": _local_day,
    "a": lambda when, width, names: names.halves[when.hour >= 12],
}
"""What a language has words for."""
_PRINT: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "u": _year,
    "Y": _week_year,
    "G": _era,
    "Q": _quarter,
    "q": _quarter,
    "w": lambda when, width: _padded(_us_week(when)[1], width),
    "W": lambda when, width: _padded((when.day + (when.replace(day=1).isoweekday() % 7) - 1) // 7 + 1, width),
    "F": lambda when, width: _padded((when.day - 1) // 7 + 1, width),
    "D": lambda when, width: _padded(when.timetuple().tm_yday, width),
    "d": lambda when, width: _padded(when.day, width),
    "H": lambda when, width: _padded(when.hour, width),
    "k": lambda when, width: _padded(when.hour or 24, width),
    "K": lambda when, width: _padded(when.hour % 12, width),
    "h": lambda when, width: _padded(when.hour % 12 or 12, width),
    "m": lambda when, width: _padded(when.minute, width),
    "s": lambda when, width: _padded(when.second, width),
    "S": lambda when, width: f"{when.microsecond:06d}000"[:width].ljust(width, "0"),
    "n": lambda when, width: _padded(when.microsecond * 1000, width),
    "A": lambda when, width: _padded((when.hour * 3600 + when.minute * 60 + when.second) * 1000
                                     + when.microsecond // 1000, width),
    "V": lambda when, width: zone_id(when),
    "z": _zone_name,
    "O": _localized_offset,
    "X": _big_x,
    "x": _small_x,
    "Z": _z,
}  # fmt: skip
