"""What must not go on as it was when a backup is put back: what time has passed over meanwhile."""

from dataclasses import dataclass, replace
from datetime import datetime

from builder.models import Execution, Heartbeat, Lock, Trigger
from builder.store.gate import write
from builder.store.triggers.backfills import Backfill

_PAUSED = "Paused, since a backup was restored: its dates may have run elsewhere meanwhile."


@dataclass(frozen=True, slots=True)
class Settled:
    """`unfinished`: executions that go on when a worker starts. `triggers` count from now, `backfills` were paused."""

    unfinished: int
    triggers: int
    backfills: int


def settle(now: datetime) -> Settled:
    """Schedules count from now: what was due since the backup fired where it was taken. Nobody holds anything."""
    with write():
        Heartbeat.objects.all().delete()
        Lock.objects.all().delete()
        triggers = Trigger.objects.update(since=now, next_at=None, held_until=None, heeded_at=now)
        backfills = 0
        for row in Trigger.objects.filter(backfill__isnull=False):
            backfill = Backfill.read(row.backfill or "")
            if not backfill.is_over and not backfill.paused:
                row.backfill = replace(backfill, paused=True, message=_PAUSED).written()
                row.save(update_fields=["backfill"])
                backfills += 1
        left = Execution.objects.filter(ended_at__isnull=True)
        left.exclude(owner="").update(lease_until=now, due_at=now)
        return Settled(left.count(), triggers, backfills)
