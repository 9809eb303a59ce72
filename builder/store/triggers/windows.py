"""What flow triggers that wait for several things have seen so far, by span of time; read and written as one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from builder.models import TriggerWindow
from builder.schedule.windows import Span
from builder.store import documents
from builder.store.gate import write

_KEPT = timedelta(days=2)
"""How long a span that is over is kept: executions may be looked at late."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An execution that was waited for."""

    execution_id: str
    at: datetime


def note(trigger: str, name: str, span: Span, met: Collection[str], seen: Seen, now: datetime) -> Mapping[str, Seen]:
    """Adds what one execution met to what the span has seen already, and returns all of it.

    The caller holds the trigger's row (`triggers.hold`), so that schedulers side by side add one after the other.
    """
    with write():
        TriggerWindow.objects.filter(trigger=trigger, name=name, end_at__lt=now - _KEPT).delete()
        row = TriggerWindow.objects.filter(trigger=trigger, name=name, start_at=span.start).first()
        row = row or TriggerWindow(trigger=trigger, name=name, start_at=span.start, end_at=span.end)
        found = {part: one for part, one in _read(row.seen).items() if one.at >= span.since}
        found |= dict.fromkeys(met, seen)
        row.seen = documents.dump({part: [one.execution_id, one.at.isoformat()] for part, one in found.items()})
        row.save()
    return found


def close(trigger: str, name: str, span: Span, now: datetime, *, forget: bool) -> None:
    """All was there, and the flow was started. `forget`: begin anew."""
    with write():
        rows = TriggerWindow.objects.filter(trigger=trigger, name=name, start_at=span.start)
        rows.update(fired_at=now, **({"seen": "{}"} if forget else {}))


def was_met(trigger: str, name: str, span: Span) -> bool:
    """Whether the flow was started within the span."""
    return TriggerWindow.objects.filter(
        trigger=trigger, name=name, start_at=span.start, fired_at__isnull=False
    ).exists()


def seen_so_far(trigger: str, name: str, span: Span) -> Mapping[str, Seen]:
    """For pages: what the span has seen."""
    row = TriggerWindow.objects.filter(trigger=trigger, name=name, start_at=span.start).first()
    return {} if row is None else {part: one for part, one in _read(row.seen).items() if one.at >= span.since}


def forget(triggers: Collection[str]) -> None:
    """All that these triggers have seen; they begin anew."""
    if triggers:
        with write():
            TriggerWindow.objects.filter(trigger__in=triggers).delete()


def _read(text: str) -> dict[str, Seen]:
    written: dict[str, Any] = documents.load(text)
    return {part: Seen(execution_id, datetime.fromisoformat(at)) for part, (execution_id, at) in written.items()}
