"""ISO-8601 durations (`PT5M`, `P1DT2H`), read and written as Kestra does."""

import re
from datetime import timedelta

LONGEST = timedelta(days=36525)
"""A hundred years: longer ones are mistakes, and overflow date arithmetic."""

_NUMBER = r"([-+]?\d{1,18}(?:[.,]\d{1,9})?)"
_PATTERN = re.compile(
    rf"([-+])?P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?(T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.IGNORECASE,
)
_SECONDS = {1: 365 * 86400, 2: 30 * 86400, 3: 7 * 86400, 4: 86400, 6: 3600, 7: 60, 8: 1}
_GROUPS = {2: 1, 3: 2, 4: 3, 5: 4, 7: 6, 8: 7, 9: 8}


class BadDuration(ValueError):
    """The text is no duration, or one outside the limits; says how to write it."""


def parse_duration(text: str, *, negative: bool = False, longest: timedelta = LONGEST) -> timedelta:
    """`PT1H30M` as a timedelta; a year counts 365 days, a month 30. Raises BadDuration.

    Negative durations are refused unless `negative`; a nanosecond part is cut to microseconds.
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None or not any(found[group] for group in _GROUPS):
        raise BadDuration(f'"{_short(text)}" is not a duration: write it as ISO-8601, such as PT30S, PT5M or P1D')
    if found[6] is not None and len(found[6]) == 1:
        raise BadDuration(f'"{_short(text)}" ends with T: hours, minutes or seconds must follow, such as PT5M')
    sign = -1 if found[1] == "-" else 1
    microseconds = sign * sum(_microseconds(found[group], _SECONDS[unit]) for group, unit in _GROUPS.items())
    if microseconds < 0 and not negative:
        raise BadDuration(f'"{_short(text)}" is negative: the duration must be positive')
    if abs(microseconds) > longest // timedelta(microseconds=1):
        raise BadDuration(f'"{_short(text)}" is longer than the limit of {format_duration(longest)}')
    return timedelta(microseconds=microseconds)


def _microseconds(text: str | None, seconds: int) -> int:
    if not text:
        return 0
    whole, _, part = text.replace(",", ".").partition(".")
    fraction = int((part + "000000")[:6]) * seconds
    size = abs(int(whole)) * seconds * 1_000_000 + fraction
    return -size if whole.startswith("-") else size


def format_duration(value: timedelta) -> str:
    """A timedelta as Java writes it: `PT1H30M`, `PT0.25S`, `PT0S`; days become hours."""
    microseconds = value // timedelta(microseconds=1)
    sign = "-" if microseconds < 0 else ""
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    text = "".join(f"{sign}{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    if seconds or rest or not text:
        part = f".{rest:06d}".rstrip("0") if rest else ""
        text += f"{sign if seconds or rest else ''}{seconds}{part}S"
    return "PT" + text


def _short(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:40])
    return shown if len(text) <= 40 else shown + "..."
