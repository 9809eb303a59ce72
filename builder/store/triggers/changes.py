"""Changes of state that flow triggers have not looked at yet: written by runners, deleted by the scheduler."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from builder.models import StateChange
from builder.store.gate import write


@dataclass(frozen=True, slots=True)
class Change:
    """An execution reached a state that flow triggers may wait for."""

    id: int
    execution_id: str
    state: str
    at: datetime


def waiting(limit: int = 200, *, after: int = 0) -> list[Change]:
    """State changes that flow triggers have not looked at, oldest first: those behind one (its id), then from the first
    one on up to it."""
    rows = list(StateChange.objects.filter(id__gt=after).order_by("id")[:limit])
    rows += StateChange.objects.filter(id__lte=after).order_by("id")[: limit - len(rows)] if after else ()
    return [Change(row.id, row.execution_id, row.state, row.at) for row in rows]


def unread(execution_ids: Sequence[str]) -> bool:
    """Whether a flow trigger has yet to look at what became of one of these."""
    return StateChange.objects.filter(execution_id__in=execution_ids).exists()


def claim(change: Change, now: datetime, until: datetime) -> bool:
    """The right to ask others for what it triggers until then; True for one process, while nobody has taken it."""
    with write():
        free = StateChange.objects.filter(id=change.id).filter(Q(held_until__isnull=True) | Q(held_until__lte=now))
        return free.update(held_until=until) > 0


def let_go(change: Change) -> None:
    """Whoever likes may ask again, if it is still there."""
    with write():
        StateChange.objects.filter(id=change.id).update(held_until=None)


def take(change: Change) -> bool:
    """Inside the transaction that creates what it triggers: True for the one scheduler that may."""
    with write():
        return StateChange.objects.filter(id=change.id).delete()[0] > 0
