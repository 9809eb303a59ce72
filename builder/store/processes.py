"""Signs of life of our processes, and locks that one of them holds at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from builder.models import Heartbeat, Lock
from builder.store import documents
from builder.store.gate import write

_ANOTHER_TIME = timedelta(minutes=1)
"""A lock that is to last longer than asked for, and by more than this, was taken under a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that said it lives; `kind` is web, worker or scheduler."""

    name: str
    kind: str
    started_at: datetime
    beat_at: datetime
    details: Mapping[str, Any]


def beat(
    name: str,
    kind: str,
    now: datetime,
    *,
    started_at: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """A sign of life."""
    with write():
        Heartbeat.objects.update_or_create(
            name=name,
            defaults={"kind": kind, "started_at": started_at, "beat_at": now, "details": documents.dump(details or {})},
        )


def leave(name: str) -> None:
    """A process says good-bye."""
    with write():
        Heartbeat.objects.filter(name=name).delete()


def processes(kind: str = "") -> list[Process]:
    """All that ever said so and did not leave; the latest beat first."""
    rows = Heartbeat.objects.order_by("-beat_at")
    return [
        Process(row.name, row.kind, row.started_at, row.beat_at, documents.load(row.details))
        for row in (rows.filter(kind=kind) if kind else rows)
    ]


def alive(kind: str, now: datetime, within_seconds: float = 30) -> int:
    """How many gave a sign of life lately; what they said of themselves, which is much, is not read."""
    return Heartbeat.objects.filter(kind=kind, beat_at__gte=now - timedelta(seconds=within_seconds)).count()


def forget_before(moment: datetime) -> None:
    """Forgets processes that were silent since then."""
    with write():
        Heartbeat.objects.filter(beat_at__lt=moment).delete()


def take_lock(name: str, owner: str, now: datetime, seconds: float) -> bool:
    """Takes or renews a lock for so long; False while another has it. One whose owner's clock ran ahead is nobody's:
    else nobody would have it until that time has come."""
    until = now + timedelta(seconds=seconds)
    with write():
        Lock.objects.bulk_create([Lock(name=name, owner=owner, until=until)], ignore_conflicts=True)
        free = Lock.objects.filter(name=name).filter(
            Q(owner=owner) | Q(until__lte=now) | Q(until__gt=until + _ANOTHER_TIME)
        )
        return bool(free.update(owner=owner, until=until))


def free_lock(name: str, owner: str) -> None:
    with write():
        Lock.objects.filter(name=name, owner=owner).delete()
