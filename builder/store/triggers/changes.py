"""Changes of state that flow triggers have not looked at yet: written by runners, deleted by the scheduler."""

from dataclasses import dataclass
from datetime import datetime

from builder.models import StateChange
from builder.store.gate import write


@dataclass(frozen=True, slots=True)
class Change:
    """An execution reached a state that flow triggers may wait for."""

    id: int
    execution_id: str
    state: str
    at: datetime


def waiting(limit: int = 200) -> list[Change]:
    """State changes that flow triggers have not looked at, oldest first."""
    return [Change(row.id, row.execution_id, row.state, row.at) for row in StateChange.objects.order_by("id")[:limit]]


def is_waiting(change: Change) -> bool:
    """Whether no scheduler has taken it yet."""
    return StateChange.objects.filter(id=change.id).exists()


def take(change: Change) -> bool:
    """Inside the transaction that creates what it triggers: True for the one scheduler that may."""
    with write():
        return StateChange.objects.filter(id=change.id).delete()[0] > 0
