"""The schedules that people choose without writing cron: every so many minutes, at a time on some days. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from cronsim import CronSimError
from cronsim.cronsim import Field

from builder.schedule.cron import NICKNAMES, check_cron


class Every(StrEnum):
    """How often. TEXT: as no choice says it; the cron expression stands for itself."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TEXT = "text"


MINUTE_STEPS = (1, 2, 3, 5, 10, 15, 20, 30)
"""Those that divide an hour, so that the gaps stay equal."""
HOUR_STEPS = (1, 2, 3, 4, 6, 8, 12)
_NUMBER = re.compile(r"\d{1,2}")
_WEEK = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice; what does not belong to its `every` holds what is offered when that is chosen next."""

    every: Every
    step: int = 1
    minute: int = 0
    hour: int = 9
    weekdays: tuple[int, ...] = _WEEK
    """0 is Sunday."""
    day: int = 1

    @property
    def time(self) -> str:
        """`09:00`."""
        return f"{self.hour:02}:{self.minute:02}"


def picked(text: str) -> Pick:
    """The choice that a cron expression is; TEXT where it is none, or no cron expression at all."""
    parts = NICKNAMES.get(text.strip().lower(), text).upper().split()
    if len(parts) != 5 or check_cron(" ".join(parts)):
        return Pick(Every.TEXT)
    minute, hour, day, month, weekday = parts
    if (day, month, weekday) == ("*", "*", "*"):
        return _often(minute, hour) or _at(Every.DAY, minute, hour)
    if month == "*" and day == "*":
        return _at(Every.WEEK, minute, hour, weekdays=_weekdays(weekday))
    if month == "*" and weekday == "*" and _NUMBER.fullmatch(day):
        return _at(Every.MONTH, minute, hour, day=int(day))
    return Pick(Every.TEXT)


def _often(minute: str, hour: str) -> Pick | None:
    if hour == "*" and (step := _step(minute)) in MINUTE_STEPS:
        return Pick(Every.MINUTES, step=step)
    if _NUMBER.fullmatch(minute) and (step := _step(hour)) in HOUR_STEPS:
        return Pick(Every.HOURS, step=step, minute=int(minute))
    return None


def _step(part: str) -> int:
    found = re.fullmatch(r"\*(?:/(\d{1,2}))?", part)
    return int(found[1] or 1) if found else 0


def _at(every: Every, minute: str, hour: str, *, weekdays: tuple[int, ...] = _WEEK, day: int = 1) -> Pick:
    if not (_NUMBER.fullmatch(minute) and _NUMBER.fullmatch(hour)):
        return Pick(Every.TEXT)
    return Pick(every, minute=int(minute), hour=int(hour), weekdays=weekdays, day=day)


def _weekdays(part: str) -> tuple[int, ...]:
    try:
        found = Field.DOW.parse(part)
    except (CronSimError, ValueError):  # pragma: no cover - checked before
        return _WEEK
    return tuple(sorted({day % 7 for day in found if isinstance(day, int)}))


def written(pick: Pick) -> str:
    """The cron expression of a choice; "" for TEXT."""
    at = f"{pick.minute} {pick.hour}"
    return {
        Every.MINUTES: f"{_stepped(pick.step)} * * * *",
        Every.HOURS: f"{pick.minute} {_stepped(pick.step)} * * *",
        Every.DAY: f"{at} * * *",
        Every.WEEK: f"{at} * * {_days(pick.weekdays)}",
        Every.MONTH: f"{at} {pick.day} * *",
        Every.TEXT: "",
    }[pick.every]


def _stepped(step: int) -> str:
    return "*" if step == 1 else f"*/{step}"


def _days(days: tuple[int, ...]) -> str:
    """Days that follow one another as a range, as people write them: `1-5`."""
    wanted = sorted(set(days)) or list(_WEEK)
    whole = wanted == list(range(wanted[0], wanted[-1] + 1)) and len(wanted) > 2
    return f"{wanted[0]}-{wanted[-1]}" if whole else ",".join(map(str, wanted))


def chosen(given: dict[str, str | list[str]], before: str) -> str:
    """The cron expression after a choice in a form: `before` is the one until now, which gives what the form does not.

    `given`: every, step, time ("09:30"), minute, weekdays and day, each as text. Raises ValueError for what is none.
    """
    old = picked(before)
    hour, _, minute = str(given.get("time") or old.time).partition(":")
    every = Every(str(given["every"]))
    steps = {Every.MINUTES: MINUTE_STEPS, Every.HOURS: HOUR_STEPS}.get(every, (1,))
    step = int(str(given.get("step") or 0))
    pick = Pick(
        every,
        step=step if step in steps else (15 if every is Every.MINUTES else 1),
        minute=int(str(given.get("minute") or 0)) if every is Every.HOURS else int(minute[:2]),
        hour=int(hour),
        weekdays=tuple(int(day) for day in given.get("weekdays") or old.weekdays),
        day=int(str(given.get("day") or old.day)),
    )
    text = before if every is Every.TEXT else written(pick)
    if every is not Every.TEXT and check_cron(text):
        raise ValueError(check_cron(text))
    return text
