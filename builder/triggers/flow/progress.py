"""How far a flow trigger is that waits for several things: which have happened, by what, and until when they count."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from builder.errors import BuilderError, Unavailable
from builder.schedule.windows import Daily, Every, Lookback
from builder.store.triggers import Trigger, windows
from builder.store.triggers.windows import Seen
from builder.tasks.core.trigger import FLOWS
from builder.triggers.flow.gatherings import Gathering, gatherings_of


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is waited for; `seen`: what met it."""

    words: str
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Progress:
    """What happens from `since` to before `until` counts together; then it begins anew.

    `lasts`: a sliding window, in which each thing counts for so long by itself; it has no end.
    """

    name: str
    parts: Sequence[Part]
    needed: int
    zone: str = "UTC"
    since: datetime | None = None
    until: datetime | None = None
    lasts: timedelta | None = None

    @property
    def met(self) -> int:
        return sum(part.seen is not None for part in self.parts)


def progress_of(trigger: Trigger, now: datetime) -> list[Progress]:
    """Of each of its waits; empty where each execution counts for itself, and where that cannot be told."""
    if trigger.type not in FLOWS or not trigger.active:
        return []
    try:
        return [_of(trigger, one, now) for one in gatherings_of(trigger.definition)]
    except Unavailable:
        raise
    except BuilderError:
        return []


def _of(trigger: Trigger, waiting: Gathering, now: datetime) -> Progress:
    window = waiting.window
    span = window.around(now) or window.ending_after(now)
    seen = windows.seen_so_far(trigger.key, waiting.name, span) if span else {}
    parts = [Part(waiting.words.get(name, name), seen.get(name)) for name in waiting.parts]
    found = Progress(waiting.name, parts, waiting.needed)
    if isinstance(window, Lookback):
        return replace(found, lasts=window.length)
    zone = window.zone.key if isinstance(window, Every | Daily) else found.zone
    return replace(found, since=span.start, until=span.end, zone=zone) if span else found
