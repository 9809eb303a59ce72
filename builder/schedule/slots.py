"""Which slots of a schedule are due now, and which were missed: (schedule, last, now) -> slots. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from builder.schedule.dates import Times
from builder.schedule.lengths import in_words

MOST_RECOVERED = 100
"""How many missed slots ALL makes up for at the most after an outage; older ones are told as missed."""


class Recover(StrEnum):
    """What happens to slots that passed while no scheduler ran."""

    ALL = "ALL"
    LAST = "LAST"
    NONE = "NONE"


_WHY = {
    Recover.ALL: f"too many times had passed; the newest {MOST_RECOVERED} are made up for.",
    Recover.LAST: "only the last of the times that passed is made up for (recoverMissedSchedules: LAST).",
    Recover.NONE: "what nothing could start in time is let go (recoverMissedSchedules: NONE).",
}


@dataclass(frozen=True, slots=True)
class Missed:
    """A slot that is given up, and why, as the end of a sentence that begins with `Missed:`."""

    slot: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """`fire`: slots to start, oldest first. `missed`: slots given up, oldest first (the newest MOST_RECOVERED of them).

    `upto`: the schedule has been looked at up to and with this instant.
    """

    fire: tuple[datetime, ...]
    missed: tuple[Missed, ...]
    upto: datetime


def due(
    times: Times,
    last: datetime,
    now: datetime,
    *,
    recover: Recover = Recover.ALL,
    late_maximum: timedelta | None = None,
    grace: timedelta,
) -> Due:
    """The slots in (last, now]. A slot older than `late_maximum` is missed, whatever `recover` says.

    One no older than `grace` is on time: the scheduler looks all the time, but a restart of it takes a moment.
    """
    passed = tuple(reversed(tuple(_passed(times, last, now))))
    wanted = _wanted(passed, now, recover, grace)
    fire = tuple(slot for slot in wanted if late_maximum is None or now - slot <= late_maximum)
    given_up = (slot for slot in passed if slot not in fire)
    allowed = in_words(late_maximum) if late_maximum is not None else ""
    late = f"it would have been more than {allowed} late, which is what lateMaximumDelay allows."
    return Due(fire, tuple(Missed(slot, late if slot in wanted else _WHY[recover]) for slot in given_up), now)


def _passed(times: Times, last: datetime, now: datetime) -> Iterator[datetime]:
    """Latest first, and not for ever: a year's outage of a one-minute schedule has half a million slots."""
    for count, slot in enumerate(times.before(now + timedelta(microseconds=1))):
        if slot <= last or count >= 2 * MOST_RECOVERED:
            return
        yield slot


def _wanted(passed: tuple[datetime, ...], now: datetime, recover: Recover, grace: timedelta) -> tuple[datetime, ...]:
    if recover is Recover.ALL:
        return passed[-MOST_RECOVERED:]
    on_time = tuple(slot for slot in passed if now - slot <= grace)
    if recover is Recover.LAST and not on_time:
        return passed[-1:]
    return on_time
