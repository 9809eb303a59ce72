"""Backfills: past dates of a schedule, started in order one after the other; asked for, held, given up by people."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from builder.actions.executions.running import inputs_of
from builder.actions.triggers.times import times_of
from builder.clock import Clock
from builder.errors import BuilderError, Conflict, InvalidInput, Unavailable
from builder.schedule import Times
from builder.store import births, triggers
from builder.store.executions import new_id
from builder.store.gate import unit
from builder.store.triggers import FAILED, FIRED, SKIPPED, Trigger, backfills, history
from builder.store.triggers.backfills import Backfill
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers import asking
from builder.triggers.opening import Opening
from builder.triggers.schedule.firing import running
from builder.triggers.schedule.timetable import fitting_variables

MOST_DATES = 20_000
"""How many dates one backfill may have."""
_TRIES = 20
_INSTANT = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
"""What comes before it in every time zone is a date too."""

log = logging.getLogger(__name__)


def begin(trigger: Trigger, start: datetime, end: datetime, clock: Clock, **how: Any) -> Trigger:
    """Asks for one that is `planned` so. Raises InvalidInput, and Conflict while another one is under way."""
    return keep(trigger, planned(trigger, start, end, clock, **how))


def planned(
    trigger: Trigger,
    start: datetime,
    end: datetime,
    clock: Clock,
    *,
    inputs: Mapping[str, Any] | None = None,
    labels: Sequence[tuple[str, str]] = (),
    gaps_only: bool = False,
    paused: bool = False,
    pace: timedelta = timedelta(0),
) -> Backfill:
    """One of the dates from `start` to `end`, to `keep`. Raises InvalidInput.

    `pace`: how long to wait, at least, after one was started. Counting many dates takes a second, for which a
    transaction would hold up all who write.
    """
    if trigger.type not in SCHEDULES:
        raise InvalidInput(f"Trigger `{trigger.id}` has no dates to make up for; only a schedule has.")
    if start >= end or end > clock.now():
        raise InvalidInput("A backfill goes from one moment to a later one, both in the past.")
    if gaps_only:
        _refuse_unknown_gaps(trigger, start)
    births.refuse_system_labels(labels)
    _refuse_unknown(trigger, inputs or {})
    start = max(start, _EARLIEST)
    count = sum(1 for _ in islice(_dates(times_of(trigger, clock), start, end), MOST_DATES + 1))
    if not 0 < count <= MOST_DATES:
        many = f"more than {MOST_DATES} dates; take a shorter one" if count else "no date of this schedule"
        raise InvalidInput(f"The time from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC holds {many}.")
    return Backfill(
        new_id(), start, end, count, inputs=dict(inputs or {}), labels=tuple(labels), gaps_only=gaps_only,
        paused=paused, pace_seconds=pace.total_seconds(),
    )  # fmt: skip


@unit
def keep(trigger: Trigger, made: Backfill) -> Trigger:
    """Begins it. Raises Conflict while another one is under way."""
    if not backfills.begin(trigger.place, made):
        raise Conflict(f"Trigger `{trigger.id}` has a backfill already; let it end, or cancel it.")
    return triggers.get(*trigger.place)


def hold(trigger: Trigger, paused: bool) -> Trigger:
    """Pauses its backfill, or lets it go on. Raises Conflict when there is none."""
    for _ in range(_TRIES):
        current = triggers.get(*trigger.place).backfill
        if current is None or current.is_over:
            raise Conflict(f"Trigger `{trigger.id}` has no backfill under way.")
        if current.paused == paused or backfills.alter(trigger.place, current, paused=paused):
            return triggers.get(*trigger.place)
    raise Conflict("The backfill moved on meanwhile; try again.")


def cancel(trigger: Trigger) -> Trigger:
    """Gives its backfill up, or clears one that is over; what it has started goes on."""
    backfills.forget(trigger.place)
    return triggers.get(*trigger.place)


def run_backfills(clock: Clock) -> int:
    """Moves each backfill on by a date at most; returns how many executions were started."""
    started = 0
    for trigger in triggers.backfilling():
        current = trigger.backfill
        if current is None or current.paused or current.is_over or current.rests(clock.now()):
            continue
        if running(trigger) is not None:
            continue
        try:
            started += _move_on(trigger, current, clock)
        except Unavailable:
            raise
        except BuilderError as error:
            log.warning("Backfill of %s: %s", trigger.key, error.message)
            backfills.alter(trigger.place, current, paused=True, message=f"Paused: {error.message}")
    return started


def _move_on(trigger: Trigger, current: Backfill, clock: Clock) -> bool:
    times = times_of(trigger, clock)
    after = current.at + _INSTANT if current.at else current.start
    slot = next(_dates(times, after, current.end), None)
    if slot is None:
        backfills.alter(trigger.place, current, finished_at=clock.now())
        return False
    opening = Opening(trigger, {}, clock)
    opening = opening.with_variables(fitting_variables(opening, times, slot))
    moved = _take(opening, current, slot, clock.now())
    return moved is not None and moved.started > current.started


def _take(opening: Opening, current: Backfill, slot: datetime, now: datetime) -> Backfill | None:
    trigger, about = opening.trigger, (current.id, slot)
    place = trigger.place
    found = opening.objection()
    try:
        if found is not None and not found.broken:
            return backfills.move_on(place, current, slot, now, state=SKIPPED, reason=found.reason)
        if found is not None:
            raise InvalidInput(found.reason)
        known = asking.answered(
            opening, about, now, lambda: triggers.get(*place).backfill == current, inputs=current.inputs
        )
        if known is None:
            return None
        moved = backfills.move_on(
            place, current, slot, now, state=FIRED, create=lambda: known.start(current.labels, inputs=current.inputs).id
        )
    except Unavailable:
        raise
    except BuilderError as error:
        reason = opening.told(f"Not started: {error.message}")
        moved = backfills.move_on(place, current, slot, now, state=FAILED, reason=reason)
        moved = moved and backfills.alter(place, moved, message=reason)
    asking.settle(trigger, about)
    return moved


def _dates(times: Times, start: datetime, end: datetime) -> Iterator[datetime]:
    for slot in times.after(start - _INSTANT):
        if slot > end:
            return
        yield slot


def _refuse_unknown_gaps(trigger: Trigger, start: datetime) -> None:
    upto = history.forgotten_upto(trigger.key)
    if upto is not None and start <= upto:
        raise InvalidInput(
            f"Which dates up to {upto:%Y-%m-%d %H:%M:%S} UTC have run is not known any more (MILLSTREAM_SLOT_DAYS), so "
            "gaps before that cannot be told; let the backfill begin after it, or take every date."
        )


def _refuse_unknown(trigger: Trigger, inputs: Mapping[str, Any]) -> None:
    known = {declared.id.partition(".")[0] for declared in inputs_of(trigger.namespace, trigger.flow_id)}
    for name in inputs:
        if name.partition(".")[0] not in known:
            raise InvalidInput(f"The flow has no input `{name}`.")
