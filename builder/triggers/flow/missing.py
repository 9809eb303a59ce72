"""Flow triggers whose time is over while something is missing (`onMiss`): a failed execution says so, once a window."""

from datetime import datetime

from builder.clock import Clock
from builder.errors import BuilderError, Unavailable
from builder.schedule.windows import Span
from builder.store import triggers
from builder.store.triggers import MISSED, Trigger, changes, windows
from builder.tasks.core.trigger import FLOWS
from builder.tasks.core.trigger.waiting import pairs_of
from builder.triggers.flow.gatherings import DEPENDS_ON, Gathering, gatherings_of
from builder.triggers.opening import Opening


def fail_missed(clock: Clock) -> int:
    """Looks at the windows that are over; returns how many were missed."""
    now = clock.now()
    return sum(_look_at(trigger, now, clock) for trigger in triggers.due(FLOWS, now))


def _look_at(trigger: Trigger, now: datetime, clock: Clock) -> bool:
    waiting = _waiting(trigger)
    following = waiting.window.ending_after(now) if waiting else None
    if waiting is None or following is None:
        triggers.plan(trigger, None, message=trigger.message)
        return False
    over = waiting.window.ending_after(_just_before(trigger.next_at)) if trigger.next_at else None
    if over is not None and any(change.at <= over.end for change in changes.waiting(1)):
        return False  # what happened in time is looked at first
    if over is None or over.end > now or windows.was_met(trigger.key, waiting.name, over):
        triggers.plan(trigger, following.end, message=trigger.message)
        return False
    return _miss(trigger, waiting, over, following.end, clock)


def _waiting(trigger: Trigger) -> Gathering | None:
    if trigger.definition.get("onMiss") is None:
        return None
    try:
        return next((one for one in gatherings_of(trigger.definition) if one.name == DEPENDS_ON), None)
    except Unavailable:
        raise
    except BuilderError:
        return None


def _just_before(end: datetime) -> datetime:
    return end - end.resolution


def _miss(trigger: Trigger, waiting: Gathering, over: Span, next_at: datetime, clock: Clock) -> bool:
    seen = windows.seen_so_far(trigger.key, waiting.name, over)
    missing = [name for name in waiting.parts if name not in seen]
    by = f"{over.end:%Y-%m-%d %H:%M} UTC"
    reason = f"Not all that dependsOn waits for had happened by {by}: {_named(missing)} missing."
    labels = pairs_of((trigger.definition["onMiss"] or {}).get("labels"))
    opening = Opening(trigger, {"date": over.end.isoformat(), "missing": missing}, clock)
    fired = triggers.fire(
        trigger, over.end, clock.now(), next_at=next_at, state=MISSED, reason=reason,
        create=lambda: opening.fail(reason, labels).id,
    )  # fmt: skip
    return fired is not None


def _named(missing: list[str]) -> str:
    return f"entry {missing[0]} is" if len(missing) == 1 else f"entries {', '.join(missing)} are"
