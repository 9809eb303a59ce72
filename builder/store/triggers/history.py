"""The moments that triggers had to fire at, and what came of each; read by pages, and where fires are decided."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db.models import Q

from builder.models import Execution as ExecutionRow
from builder.models import ForgottenSlots
from builder.models import Slot as SlotRow
from builder.store.gate import select_each, write

FIRED, SKIPPED, MISSED, FAILED = "FIRED", "SKIPPED", "MISSED", "FAILED"
"""What comes of a slot: started; left out by a condition; given up; it should have started and could not."""

_LAST = """
SELECT id FROM (SELECT id FROM builder_slot WHERE "trigger" = %s ORDER BY fire_at DESC LIMIT %s) AS latest
"""


class _HasKey(Protocol):
    @property
    def key(self) -> str: ...


def grace() -> timedelta:
    """How young a time is on time: what starts later is late, and what has not started by then is overdue."""
    return timedelta(seconds=settings.MILLSTREAM["SCHEDULE_GRACE_SECONDS"])


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment a trigger had to fire at, and what came of it at `made_at`; `by_backfill`: because people asked."""

    trigger: str
    fire_at: datetime
    execution_id: str | None
    state: str
    reason: str
    made_at: datetime
    by_backfill: bool = False

    @property
    def is_late(self) -> bool:
        """What a backfill ran came when people wanted it to."""
        return self.state == FIRED and not self.by_backfill and self.made_at - self.fire_at > grace()


def slot_key(namespace: str, flow_id: str, trigger_id: str) -> str:
    return f"{namespace}/{flow_id}/{trigger_id}"


def slots(trigger: _HasKey, limit: int = 20) -> list[Slot]:
    """The last slots, newest first."""
    return _slots(SlotRow.objects.filter(trigger=trigger.key).order_by("-fire_at")[:limit])


def last_slots(triggers: Collection[str], each: int) -> dict[str, list[Slot]]:
    """So many of the last slots of each of these triggers, newest first; one look into the index for each."""
    found: dict[str, list[Slot]] = {key: [] for key in triggers}
    ids = [row[0] for row in select_each(_LAST, [(key, each) for key in found])]
    for slot in _slots(SlotRow.objects.filter(id__in=ids).order_by("-fire_at")):
        found[slot.trigger].append(slot)
    return found


def between(start: datetime, end: datetime, triggers: Collection[str], limit: int) -> list[Slot]:
    """The slots of these triggers from `start` to before `end`, the oldest first; at most so many."""
    found = SlotRow.objects.filter(fire_at__gte=start, fire_at__lt=end, trigger__in=triggers)
    return _slots(found.order_by("fire_at", "id")[:limit])


def lost(since: datetime, triggers: Collection[str], limit: int = 1000) -> list[Slot]:
    """What these did not start although they should have, as it was found after that moment; the newest first."""
    found = SlotRow.objects.filter(state__in=(FAILED, MISSED), made_at__gt=since, trigger__in=triggers)
    return _slots(found.order_by("-made_at", "-fire_at")[:limit])


def note_missed(trigger: str, moments: Iterable[datetime], reason: str, now: datetime) -> None:
    """Notes slots that nothing was there to fire; those that are known stay as they are."""
    rows = [
        SlotRow(trigger=trigger, fire_at=at, execution_id=None, state=MISSED, reason=reason, made_at=now)
        for at in moments
    ]
    with write():
        SlotRow.objects.bulk_create(rows, ignore_conflicts=True)


def forgotten_upto(trigger: str) -> datetime | None:
    """Up to when it is not known any more what a trigger (its key) has started."""
    return ForgottenSlots.objects.filter(trigger=trigger).values_list("upto", flat=True).first()


def running_among(execution_ids: Collection[str]) -> frozenset[str]:
    """Those of these executions that have not ended yet."""
    found = ExecutionRow.objects.filter(id__in=execution_ids, ended_at__isnull=True)
    return frozenset(found.values_list("id", flat=True))


def was_running(execution_id: str | None, at: datetime) -> bool:
    """Whether that execution was there, and had not ended, at that moment."""
    if execution_id is None:
        return False
    found = ExecutionRow.objects.filter(id=execution_id, created_at__lt=at)
    return found.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at)).exists()


def read_slot(row: SlotRow) -> Slot:
    return Slot(row.trigger, row.fire_at, row.execution_id, row.state, row.reason, row.made_at, row.by_backfill)


def _slots(rows: Iterable[SlotRow]) -> list[Slot]:
    return [read_slot(row) for row in rows]
