"""The named formats of Kestra (iso, sql, iso_instant, medium ...) and any other as a pattern."""

from collections.abc import Callable
from datetime import UTC, datetime

from builder.expressions.dates.names import ENGLISH, Names
from builder.expressions.dates.pattern import format_pattern, zone_id

_PATTERNS = {
    "iso": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "iso_milli": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "iso_sec": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "sql": "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "sql_milli": "yyyy-MM-dd HH:mm:ss.SSS",
    "sql_sec": "yyyy-MM-dd HH:mm:ss",
    "sql_seq": "yyyy-MM-dd HH:mm:ss",
    "iso_date": "yyyy-MM-ddXXX",
    "iso_local_date": "yyyy-MM-dd",
    "iso_ordinal_date": "yyyy-DDDXXX",
    "rfc_1123_date_time": "EEE, d MMM yyyy HH:mm:ss",
}


def pattern_of(name: str) -> str:
    """The pattern behind a name, or the text itself."""
    return _PATTERNS.get(name, ENGLISH.styles.get(name, name))


def format_date(when: datetime, name: str, names: Names = ENGLISH) -> str:
    """An aware date-time by a named format or a pattern, in a language."""
    if name in _COMPUTED:
        return _COMPUTED[name](when)
    text = format_pattern(when, names.styles.get(name) or pattern_of(name), names)
    if name == "rfc_1123_date_time":
        offset = format_pattern(when, "Z")
        text += " GMT" if offset == "+0000" else f" {offset}"
    return text


def _fraction(when: datetime) -> str:
    return f".{when.microsecond:06d}".rstrip("0") if when.microsecond else ""


def _local_time(when: datetime) -> str:
    return format_pattern(when, "HH:mm:ss") + _fraction(when)


def _local_date_time(when: datetime) -> str:
    return format_pattern(when, "yyyy-MM-dd'T'") + _local_time(when)


def _offset_time(when: datetime) -> str:
    return _local_time(when) + format_pattern(when, "XXX")


def _zoned(when: datetime) -> str:
    zone = zone_id(when)
    region = f"[{zone}]" if "/" in zone else ""
    return _local_date_time(when) + format_pattern(when, "XXX") + region


def _instant(when: datetime) -> str:
    utc = when.astimezone(UTC)
    fraction = f".{utc.microsecond:06d}"[: 4 if utc.microsecond % 1000 == 0 else 7] if utc.microsecond else ""
    return format_pattern(utc, "yyyy-MM-dd'T'HH:mm:ss") + fraction + "Z"


def _week_date(when: datetime) -> str:
    year, week, day = when.isocalendar()
    return f"{year:04d}-W{week:02d}-{day}" + format_pattern(when, "XXX")


_COMPUTED: dict[str, Callable[[datetime], str]] = {
    "iso_date_time": _zoned,
    "iso_zoned_date_time": _zoned,
    "iso_time": _offset_time,
    "iso_offset_time": _offset_time,
    "iso_local_time": _local_time,
    "iso_local_date_time": _local_date_time,
    "iso_instant": _instant,
    "iso_week_date": _week_date,
}
