"""Cron expressions in a time zone: when they fire, why they are refused, what they say in words.

The instants are cronsim's (Debian cron's rules: a daily job runs once on every day, also across clock changes). On top
of it: Kestra's nicknames and seconds field, and refusal of the forms Kestra refuses.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, takewhile
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from cronsim.cronsim import Field

from builder.errors import InvalidInput
from builder.schedule.offsets import change_between, offset_at

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELDS = ("minute", "hour", "day of month", "month", "day of week")
RANGES = {"second": "0-59", "minute": "0-59", "hour": "0-23", "day of month": "1-31", "month": "1-12 or JAN-DEC",
          "day of week": "0-7 or SUN-SAT"}  # fmt: skip
LONGEST = 200
_YEAR = re.compile(r"\d{4}(?:[-,/]\d+)*")
_LOOK_BACK, _INSTANT = timedelta(hours=3), timedelta(microseconds=1)
ANY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression found right, in its zone. `fields` are five; `second` is what comes before them, or ""."""

    text: str
    fields: str
    second: str
    zone: ZoneInfo

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The instants strictly after, in order, in UTC. Ends where none comes within cronsim's horizon of years."""
        if self._is_told_twice(instant):
            return (moment for moment in self._walk(instant - _LOOK_BACK, reverse=False) if moment > instant)
        return self._walk(instant, reverse=False)

    def before(self, instant: datetime) -> Iterator[datetime]:
        """The instants strictly before, latest first, in UTC."""
        if self._is_told_twice(instant):
            edge = instant - _LOOK_BACK
            new = takewhile(lambda moment: moment < instant, self.after(edge))
            return chain(reversed(list(new)), self._walk(edge + _INSTANT, reverse=True))
        return self._walk(instant, reverse=True)

    def _is_told_twice(self, instant: datetime) -> bool:
        """Whether the clock was set back a moment ago: a walk that begins there sees times of the wall for the second
        time, and forgets that they came at the first. One that begins before does not."""
        try:
            return offset_at(self.zone, instant) < offset_at(self.zone, instant - _LOOK_BACK)
        except OverflowError:  # where the calendar begins or ends
            return False

    def in_words(self) -> str:
        """`At 08:30 on Monday through Friday`, `Every 15 minutes`."""
        told = str(CronSim(f"{self.second} {self.fields}".strip(), ANY).explain())
        minute, hour = self.fields.split()[:2]
        for field, of, said, unit in ((self.second, 60, _SECONDS, "seconds"), (minute, 60, _MINUTES, "minutes"),
                                      (hour, 24, _HOURS, "hours")):  # fmt: skip
            if (step := _even_step(field, of)) is not None:
                told = said.sub(f"Every {step} {unit}", told)
        return told

    def _walk(self, instant: datetime, *, reverse: bool) -> Iterator[datetime]:
        if not self._at_set_times():
            yield from self._in_real_time(instant, reverse)
        elif self.second:
            yield from self._set_times(instant, reverse)
        else:
            yield from self._steps(self.fields, instant, reverse)

    def _in_real_time(self, instant: datetime, reverse: bool) -> Iterator[datetime]:
        """Every time that the clock on the wall shows, as often as it shows it: walked from one change of the clocks to
        the next. Across one, cronsim steps over times that come: where it is by half an hour, or at midnight."""
        start: datetime | None = instant
        with suppress(OverflowError):  # where the calendar ends
            while start is not None:
                start = yield from self._upto_change(start, reverse)

    def _upto_change(self, start: datetime, reverse: bool) -> Generator[datetime, None, datetime | None]:
        """Returns where to go on; None where nothing comes any more."""
        seen = start - _INSTANT if reverse else start + _INSTANT
        offset = offset_at(self.zone, seen)
        expression = f"{self.second} {self.fields}".strip()
        for wall in CronSim(expression, (start + offset).replace(tzinfo=None), reverse=reverse):
            moment = wall.replace(tzinfo=UTC) - offset
            change = change_between(self.zone, seen, moment)
            if change is not None:
                return change if reverse else change - _INSTANT
            yield moment
            seen = moment
        return None

    def _steps(self, expression: str, instant: datetime, reverse: bool) -> Iterator[datetime]:
        with suppress(OverflowError):  # where the calendar ends
            for moment in CronSim(expression, instant.astimezone(self.zone), reverse=reverse):
                yield moment.astimezone(UTC)

    def _at_set_times(self) -> bool:
        minute, hour = self.fields.split()[:2]
        return not minute.startswith("*") and not hour.startswith("*")

    def _set_times(self, instant: datetime, reverse: bool) -> Iterator[datetime]:
        """Set times of the day keep cron's rule for clock changes, which cronsim has for five fields only."""
        seconds = sorted((s for s in Field.SECOND.parse(self.second) if isinstance(s, int)), reverse=reverse)
        start = instant + timedelta(minutes=1) if reverse else instant - timedelta(minutes=1)
        for minute in self._steps(self.fields, start, reverse):
            for second in seconds:
                moment = minute + timedelta(seconds=second)
                if (moment < instant) if reverse else (moment > instant):
                    yield moment


_SECONDS = re.compile(r"^Every \w+ second of every minute")
_MINUTES = re.compile(r"^Every \w+ minute(?: of every hour|(?= from ))")
_HOURS = re.compile(r"^At minute 0 past every \w+ hour")
"""How cronsim tells what comes at even steps: `Every 15th minute of every hour`."""


def _even_step(field: str, of: int) -> int | None:
    """The number of `*/15`, where such steps go on evenly over the end of the hour or the day."""
    step = field.removeprefix("*/")
    if step == field or not step.isdecimal() or int(step) < 2 or of % int(step):
        return None
    return int(step)


def parse_cron(text: str, *, with_seconds: bool = False, timezone: str = "UTC") -> Cron:
    """Reads a cron expression. Raises InvalidInput with the sentence of `check_cron` or `check_zone`."""
    problem = check_cron(text, with_seconds) or check_zone(timezone)
    if problem:
        raise InvalidInput(problem)
    second, fields = _split(text, with_seconds)
    return Cron(text, fields, second, ZoneInfo(timezone))


def _split(text: str, with_seconds: bool) -> tuple[str, str]:
    plain = NICKNAMES.get(text.strip().lower(), text).upper()
    parts = [_ONE_LONG.sub(_first_of, part) for part in plain.split()]
    if with_seconds and len(parts) == 6:
        return parts[0], " ".join(parts[1:])
    return "", " ".join(parts)


_ONE_LONG = re.compile(r"\b0*(\w+)-0*\1/\d+\b")


def _first_of(found: re.Match[str]) -> str:
    """`5-5/10` is 5 alone; cronsim takes a range of one for the beginning of steps."""
    return found[1]


@lru_cache(maxsize=512)
def check_cron(text: str, with_seconds: bool = False) -> str | None:
    """What is wrong with a cron expression, as a sentence; None when nothing is."""
    shown = f"invalid cron expression '{text[:LONGEST]}'"
    plain = NICKNAMES.get(text.strip().lower(), text).upper()
    if len(text) > LONGEST:
        return f"{shown}: it is longer than {LONGEST} characters"
    if plain.startswith("@"):
        return f"{shown}: no such nickname; the known ones are {', '.join(NICKNAMES)}"
    parts = plain.split()
    names = ("second", *FIELDS) if with_seconds and len(parts) == 6 else FIELDS
    if len(parts) != len(names):
        return f"{shown}: it has {len(parts)} fields and needs {_wanted(parts, with_seconds)}"
    for name, part in zip(names, parts, strict=True):
        problem = _check_field(name, part)
        if problem:
            return f"{shown}: {problem}"
    return f"{shown}: that day never comes" if _never(plain, with_seconds) else None


def _wanted(parts: list[str], with_seconds: bool) -> str:
    if len(parts) > 5 and _YEAR.fullmatch(parts[-1]):
        return f"{len(FIELDS) + with_seconds}; a year, {parts[-1]}, cannot be said"
    if len(parts) == 6 and not with_seconds:
        return "5 (minute, hour, day of month, month, day of week); set withSeconds: true for a seconds field"
    return "5 or 6 (second first)" if with_seconds else "5 (minute, hour, day of month, month, day of week)"


def _check_field(name: str, part: str) -> str | None:
    for sign, instead in (("?", "; write * instead"), ("#", ""), ("W", ""), ("L", "")):
        if sign in part and not (sign in "WL" and _is_name(name, part)):
            return f"{name} {part} uses `{sign}`, which is not supported{instead}"
    field = Field(0 if name == "second" else FIELDS.index(name) + 1)
    try:
        field.parse(part)
    except (CronSimError, ValueError):
        return (
            f"{name} {part} is out of range {RANGES[name]}"
            if part.isdecimal()
            else f"{name} {part} cannot be read; allowed are {RANGES[name]}, *, lists, ranges and steps"
        )
    return None


def _is_name(name: str, part: str) -> bool:
    """JUL and WED hold the letters that stand for last and weekday."""
    return (name == "month" and "JUL" in part) or (name == "day of week" and "WED" in part)


def _never(plain: str, with_seconds: bool) -> bool:
    second, fields = _split(plain, with_seconds)
    try:
        return next(CronSim(f"{second} {fields}".strip(), ANY), None) is None
    except CronSimError:
        return True


def check_zone(name: str) -> str | None:
    """What is wrong with a time zone's name; looked up in a list, since it would be opened as a file."""
    if name in _zones():
        return None
    return f"there is no time zone '{name[:LONGEST]}'; write it like Europe/Paris or UTC"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOWHERE


_NOWHERE = frozenset({"localtime", "Factory"})
"""Files beside the zones: whatever the machine is set to, and none at all."""
