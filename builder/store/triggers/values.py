"""A trigger as the layers above know it, read from its row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from builder.models import Trigger as TriggerRow
from builder.store import documents
from builder.store.triggers.backfills import Backfill, Place
from builder.store.triggers.history import slot_key

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Kept as the next slot of a trigger that has none: nothing is to be computed again until it is published anew."""


UNBROKEN: Mapping[str, Any] = {"message": "", "failures": 0, "failing_since": None, "failed_at": None}
"""The columns of a trigger that has not failed since it last did what it should."""
QUIET: Mapping[str, Any] = {"alarm": "", "alarmed_at": None, "alarm_execution_id": None}
"""The columns of a trigger that people need not be called to."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger. `definition`: its map as published. `next_at` None: not computed yet, or it has none.

    It fires when `active`: switched on by people and not disabled in the text or with its flow. `off_at`: what it was
    looked at up to as it went off, either way; kept, once it is on, until the times that passed are noted as missed.
    `heeded_at`: up to when people have seen what it did not start. `failures`: how often in a row it could not look
    or start, from `failing_since` to `failed_at`; what a schedule could not start is kept with its slots instead.
    `alarm`: what people are called to although it goes on, or why it was switched off; when, and by which execution.
    """

    namespace: str
    flow_id: str
    id: str
    type: str
    definition: Mapping[str, Any]
    revision: int
    enabled: bool
    declared_disabled: bool
    last_at: datetime | None
    next_at: datetime | None
    last_execution_id: str | None
    message: str
    since: datetime
    updated_at: datetime
    backfill: Backfill | None = None
    held_until: datetime | None = None
    off_at: datetime | None = None
    heeded_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    alarm: str = ""
    alarmed_at: datetime | None = None
    alarm_execution_id: str | None = None

    @property
    def active(self) -> bool:
        return self.enabled and not self.declared_disabled

    def is_same(self, definition: Mapping[str, Any]) -> bool:
        """Whether that one means the same, but for its own switch."""
        return _meaning(self.definition) == _meaning(definition)

    @property
    def seen_upto(self) -> datetime:
        """Its times up to and with this one are dealt with."""
        return max(filter(None, (self.since, self.last_at)))

    def off_from(self, now: datetime) -> datetime:
        """Times that waited as it went off passed while it was off; so did those of a pause that is not noted yet."""
        return self.off_at or min(now, self.seen_upto)

    @property
    def off_reason(self) -> str:
        """Why it is off, when people did not switch it off themselves."""
        return "" if self.enabled else self.alarm

    @property
    def place(self) -> Place:
        return self.namespace, self.flow_id, self.id

    @property
    def backfill_message(self) -> str:
        """What there is to tell people of its backfill."""
        if self.backfill is None or self.backfill.is_over or self.active:
            return self.backfill.message if self.backfill else ""
        what = "the flow, or the trigger in its text," if self.declared_disabled else "the trigger"
        return f"It waits until {what} is switched on, or until it is cancelled."

    @property
    def key(self) -> str:
        return slot_key(self.namespace, self.flow_id, self.id)


def _meaning(definition: Mapping[str, Any]) -> str:
    return documents.dump({name: value for name, value in definition.items() if name != "disabled"})


def read_all(rows: Iterable[TriggerRow]) -> list[Trigger]:
    return [read_trigger(row) for row in rows]


def read_trigger(row: TriggerRow) -> Trigger:
    return Trigger(
        namespace=row.namespace,
        flow_id=row.flow_id,
        id=row.trigger_id,
        type=row.type,
        definition=documents.load(row.definition),
        revision=row.revision,
        enabled=row.enabled,
        declared_disabled=row.declared_disabled,
        last_at=row.last_at,
        next_at=None if row.next_at == NEVER else row.next_at,
        last_execution_id=row.last_execution_id,
        message=row.message,
        since=row.since,
        updated_at=row.updated_at,
        backfill=None if row.backfill is None else Backfill.read(row.backfill),
        held_until=row.held_until,
        off_at=row.off_at,
        heeded_at=row.heeded_at,
        failures=row.failures,
        failing_since=row.failing_since,
        failed_at=row.failed_at,
        alarm=row.alarm,
        alarmed_at=row.alarmed_at,
        alarm_execution_id=row.alarm_execution_id,
    )
