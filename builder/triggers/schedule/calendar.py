"""A calendar of schedules: what ran, was late, left out or missed, and what will run, day by day in one time zone."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from builder.actions.triggers.times import times_of
from builder.clock import Clock
from builder.engine.states import State
from builder.errors import BuilderError
from builder.store import executions
from builder.store.triggers import FAILED, MISSED, SKIPPED, Slot, Trigger, history
from builder.triggers.schedule.forgetting import known_since

MOST_SLOTS = 5000
"""How many past slots one view reads; a month of one-minute schedules has more, and its days say so."""
MOST_COMING = 3000
"""How many times to come one schedule puts into a view."""
MOST_SCHEDULES = 1000
"""How many schedules one view shows."""
SHOWN, SHOWN_ON_A_DAY = 6, 300
"""How many times of one schedule a day names, among others and alone; beyond that it counts them."""


class Kind(StrEnum):
    """What became of a time, or will."""

    RAN = "ran"
    LATE = "late"
    BACKFILL = "backfill"
    FAILED = "failed"
    MISSED = "missed"
    SKIPPED = "skipped"
    DUE = "due"
    COMING = "coming"


@dataclass(frozen=True, slots=True)
class Entry:
    """One time, in the zone of the calendar. `state`: of the execution that it started.

    `filled_at`: when a backfill came to it, in the same zone; None: none did.
    """

    at: datetime
    kind: Kind
    execution_id: str | None = None
    state: State | None = None
    reason: str = ""
    filled_at: datetime | None = None


@dataclass(slots=True)
class Line:
    """What one schedule does on one day. `has_siblings`: others of its flow are shown too. `is_cut`: it does more."""

    trigger: Trigger
    has_siblings: bool = False
    is_cut: bool = False
    entries: list[Entry] = field(default_factory=list)

    @property
    def shown(self) -> Sequence[Entry]:
        return self.entries if len(self.entries) <= SHOWN else ()

    @property
    def shown_on_a_day(self) -> Sequence[Entry]:
        return self.entries if len(self.entries) <= SHOWN_ON_A_DAY else ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many there are of each kind, in the order of kinds."""
        found = Counter(entry.kind for entry in self.entries)
        return {kind.value: found[kind] for kind in Kind if found[kind]}

    @property
    def first(self) -> Entry:
        return self.entries[0]

    @property
    def last(self) -> Entry:
        return self.entries[-1]


@dataclass(slots=True)
class Day:
    """One day, with the schedules that have times in it, by their first one."""

    date: date
    lines: list[Line] = field(default_factory=list)
    clocks: str = ""
    """That the clocks change on it."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """`is_cut`: there is more than it shows. `forgets_before`: what came of older dates in it may not be known."""

    days: Sequence[Day]
    is_cut: bool
    forgets_before: datetime | None = None


def calendar(first: date, days: int, zone: ZoneInfo, clock: Clock, schedules: Sequence[Trigger]) -> Calendar:
    """So many days from `first` on, of these schedules."""
    start, end = _midnight(first, zone), _midnight(first + timedelta(days=days), zone)
    watched = {one.key: one for one in schedules[:MOST_SCHEDULES]}
    past = history.between(start, end, list(watched), MOST_SLOTS)
    found = [(watched[slot.trigger], entry) for slot, entry in _past(past, zone)]
    cut = len(past) == MOST_SLOTS or len(schedules) > MOST_SCHEDULES
    cut_short: set[str] = set()
    known = {(slot.trigger, slot.fire_at) for slot in past}
    for trigger in watched.values():
        coming = [at for at in _coming(trigger, start, end, clock) if (trigger.key, at) not in known]
        if len(coming) >= MOST_COMING:
            cut_short.add(trigger.key)
        now = clock.now()
        found += [(trigger, Entry(at.astimezone(zone), Kind.DUE if at <= now else Kind.COMING)) for at in coming]
    made, since = _days(first, days, zone, found), known_since(clock.now())
    _mark_cut(made, cut_short)
    return Calendar(made, cut or bool(cut_short), since.astimezone(zone) if start < since else None)


def _mark_cut(days: Sequence[Day], cut_short: Collection[str]) -> None:
    """On the last day on which these schedules are shown."""
    for key in cut_short:
        next(line for day in reversed(days) for line in day.lines if line.trigger.key == key).is_cut = True


def _past(slots: Sequence[Slot], zone: ZoneInfo) -> Iterable[tuple[Slot, Entry]]:
    states = executions.states([slot.execution_id for slot in slots if slot.execution_id])
    for slot in slots:
        state = states.get(slot.execution_id or "")
        filled_at = slot.made_at.astimezone(zone) if slot.by_backfill else None
        at, kind = slot.fire_at.astimezone(zone), kind_of(slot, state)
        yield slot, Entry(at, kind, slot.execution_id, state, slot.reason, filled_at)


def kind_of(slot: Slot, state: State | None) -> Kind:
    """Of a past slot; `state` is that of its execution."""
    if slot.state in (SKIPPED, MISSED):
        return Kind.SKIPPED if slot.state == SKIPPED else Kind.MISSED
    if slot.state == FAILED or state in (State.FAILED, State.KILLED, State.CANCELLED):
        return Kind.FAILED
    if slot.by_backfill:
        return Kind.BACKFILL
    return Kind.LATE if slot.is_late else Kind.RAN


def _coming(trigger: Trigger, start: datetime, end: datetime, clock: Clock) -> list[datetime]:
    """What is not looked at yet: the times after the last one that was, if it is on."""
    if not trigger.active:
        return []
    try:
        times = times_of(trigger, clock)
    except BuilderError:
        return []
    seen_upto = max(trigger.seen_upto, start - timedelta(microseconds=1))
    return list(islice(takewhile(lambda at: at < end, times.after(seen_upto)), MOST_COMING))


def _days(first: date, days: int, zone: ZoneInfo, found: Sequence[tuple[Trigger, Entry]]) -> list[Day]:
    of_flow = Counter(place[:2] for place in {trigger.place for trigger, _ in found})
    made = [Day(first + timedelta(days=number)) for number in range(days)]
    lines: dict[tuple[date, str], Line] = {}
    for trigger, entry in sorted(found, key=lambda pair: pair[1].at):
        key = (entry.at.date(), trigger.key)
        if key not in lines:
            lines[key] = Line(trigger, of_flow[trigger.place[:2]] > 1)
            made[(key[0] - first).days].lines.append(lines[key])
        lines[key].entries.append(entry)
    for day in made:
        day.clocks = _clocks(day.date, zone)
    return made


def _clocks(day: date, zone: ZoneInfo) -> str:
    """What the clocks do between one midnight and the next."""
    start, end = (datetime.combine(one, time(), zone).utcoffset() for one in (day, day + timedelta(days=1)))
    if start is None or end is None or start == end:
        return ""
    return "clocks go forward" if end > start else "clocks go back"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
