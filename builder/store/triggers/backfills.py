"""Backfills: past dates that a person asked a schedule to start; kept in the trigger's row, one at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import QuerySet

from builder.models import Slot as SlotRow
from builder.models import Trigger as TriggerRow
from builder.store import documents
from builder.store.gate import lock_row, write
from builder.store.triggers.history import forgotten_upto

_MOMENTS = ("start", "end", "at", "finished_at", "started_at")


@dataclass(frozen=True, slots=True)
class Backfill:
    """From `start` to `end`, both with. `at`: the last date that was looked at. `total`: how many dates there are.

    `gaps_only`: dates that have started something already are passed over. `started`, `passed` count dates.
    `pace_seconds`: how long it waits, at least, after it started one, at `started_at`.
    """

    id: str
    start: datetime
    end: datetime
    total: int
    inputs: Mapping[str, Any] = field(default_factory=dict)
    labels: Sequence[tuple[str, str]] = ()
    gaps_only: bool = False
    paused: bool = False
    pace_seconds: float = 0
    at: datetime | None = None
    started: int = 0
    passed: int = 0
    last_execution_id: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None

    def rests(self, now: datetime) -> bool:
        """Whether its pace lets it start nothing yet."""
        return self.started_at is not None and now < self.started_at + timedelta(seconds=self.pace_seconds)

    @property
    def percent(self) -> int:
        return 100 if not self.total or self.is_over else 100 * (self.started + self.passed) // self.total

    @classmethod
    def read(cls, text: str) -> Self:
        """From a row."""
        written = documents.load(text)
        for name in _MOMENTS:
            written[name] = datetime.fromisoformat(written[name]) if written.get(name) else None
        return cls(**{**written, "labels": tuple((key, value) for key, value in written["labels"])})

    def written(self) -> str:
        """For a row."""
        found = {name: getattr(self, name) for name in self.__slots__}
        moments = {name: found[name].isoformat() if found[name] else None for name in _MOMENTS}
        return documents.dump({**found, **moments})


Place = tuple[str, str, str]
"""A trigger by its namespace, flow and id."""


def lock(place: Place) -> None:
    """Holds the trigger's row until the transaction ends; its flow first, as whoever publishes it does."""
    namespace, flow_id, trigger_id = place
    lock_row("builder_flow", namespace=namespace, flow_id=flow_id)
    lock_row("builder_trigger", namespace=namespace, flow_id=flow_id, trigger_id=trigger_id)


def begin(place: Place, backfill: Backfill) -> bool:
    """Keeps a new one; False while another one is under way, whoever asked for that."""
    with write():
        lock(place)
        kept = _kept(place)
        if kept is not None and not kept.is_over:
            return False
        _row(place).update(backfill=backfill.written())
    return True


def forget(place: Place) -> None:
    """The one there is, under way or over."""
    with write():
        _row(place).update(backfill=None)


def alter(place: Place, backfill: Backfill, **changes: Any) -> Backfill | None:
    """Changes it; None when it is another one by now, or was moved on meanwhile."""
    with write():
        lock(place)
        if _kept(place) != backfill:
            return None
        changed = replace(backfill, **changes)
        _row(place).update(backfill=changed.written())
    return changed


def move_on(
    place: Place,
    backfill: Backfill,
    slot: datetime,
    now: datetime,
    *,
    state: str,
    reason: str = "",
    create: Callable[[], str] | None = None,
) -> Backfill | None:
    """Takes its next date and creates the execution (`create` returns its id) in one transaction.

    The date is kept among the trigger's slots; with `gaps_only`, one that has started something is passed over, and so
    is one of which that is not known any more. None: somebody else moved it on, or changed it.
    """
    key = "/".join(place)
    with write():
        passing = alter(place, backfill, at=slot, passed=backfill.passed + 1)
        taken = SlotRow.objects.filter(trigger=key, fire_at=slot)
        if passing is None or (backfill.gaps_only and _may_have_run(taken, key, slot)):
            return passing
        execution_id = create() if create else None
        if execution_id is None and taken.exists():
            return passing
        SlotRow.objects.update_or_create(
            trigger=key,
            fire_at=slot,
            defaults={
                "execution_id": execution_id, "state": state, "reason": reason, "made_at": now, "by_backfill": True,
            },
        )  # fmt: skip
        if execution_id is None:
            return passing
        return alter(
            place, passing, passed=backfill.passed, started=backfill.started + 1, last_execution_id=execution_id,
            started_at=now,
        )  # fmt: skip


def _may_have_run(taken: QuerySet[SlotRow], key: str, slot: datetime) -> bool:
    """In this order: a slot that has just been forgotten was noted before it went."""
    if taken.filter(execution_id__isnull=False).exists():
        return True
    upto = forgotten_upto(key)
    return upto is not None and slot <= upto


def _kept(place: Place) -> Backfill | None:
    text = _row(place).values_list("backfill", flat=True).first()
    return None if text is None else Backfill.read(text)


def _row(place: Place) -> Any:
    namespace, flow_id, trigger_id = place
    return TriggerRow.objects.filter(namespace=namespace, flow_id=flow_id, trigger_id=trigger_id)
