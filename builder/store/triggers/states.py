"""What people change in the state of a trigger, besides its switch: unlocked, restarted, forgotten."""

from datetime import datetime
from typing import Any

from builder.models import Trigger as TriggerRow
from builder.store import triggers
from builder.store.gate import write
from builder.store.triggers import Trigger, windows
from builder.store.triggers.values import UNBROKEN


def unlock(namespace: str, flow_id: str, trigger_id: str, now: datetime) -> Trigger:
    """What it started last holds it up no more. Raises NotFound."""
    return _changed(namespace, flow_id, trigger_id, now, last_execution_id=None, held_until=None, **UNBROKEN)


def restart(namespace: str, flow_id: str, trigger_id: str, now: datetime) -> Trigger:
    """Unlocked, and its next time is found anew. Raises NotFound."""
    return _changed(
        namespace, flow_id, trigger_id, now, last_execution_id=None, held_until=None, next_at=None, **UNBROKEN
    )


def forget(namespace: str, flow_id: str, trigger_id: str, now: datetime) -> Trigger:
    """As if it were published now for the first time; slots that were fired stay fired. Raises NotFound."""
    with write():
        windows.forget([triggers.slot_key(namespace, flow_id, trigger_id)])
        return _changed(
            namespace, flow_id, trigger_id, now, last_execution_id=None, held_until=None, next_at=None,
            last_at=None, enabled=True, backfill=None, since=now, off_at=None, **UNBROKEN,
        )  # fmt: skip


def _changed(namespace: str, flow_id: str, trigger_id: str, now: datetime, **values: Any) -> Trigger:
    triggers.get(namespace, flow_id, trigger_id)
    with write():
        row = TriggerRow.objects.filter(namespace=namespace, flow_id=flow_id, trigger_id=trigger_id)
        row.update(updated_at=now, **values)
    return triggers.get(namespace, flow_id, trigger_id)
