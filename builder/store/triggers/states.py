"""What is changed in the state of a trigger, besides its switch: unlocked, restarted, forgotten, stopped, alarming."""

from datetime import datetime
from typing import Any

from builder.models import Trigger as TriggerRow
from builder.store import triggers
from builder.store.gate import write
from builder.store.triggers import Trigger, windows
from builder.store.triggers.values import QUIET, UNBROKEN, read_all


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
            last_at=None, enabled=True, backfill=None, since=now, off_at=None, **UNBROKEN, **QUIET,
        )  # fmt: skip


def stop(trigger: Trigger, execution_id: str, state: str, now: datetime) -> None:
    """Switches it off because of what it started; why is kept until somebody switches it."""
    words = f"Switched off: execution {execution_id} ended {state} (stopAfter)."
    with write():
        triggers.named(trigger).filter(enabled=True, since=trigger.since).update(
            enabled=False, next_at=None, off_at=trigger.off_from(now), updated_at=now,
            alarm=words, alarmed_at=now, alarm_execution_id=execution_id,
        )  # fmt: skip


def alarm(trigger: Trigger, words: str, execution_id: str, now: datetime) -> None:
    """Calls people to it, although it goes on; until they have seen it."""
    with write():
        named = triggers.named(trigger).filter(enabled=True)
        named.update(alarm=words, alarmed_at=now, alarm_execution_id=execution_id)


def alarming() -> list[Trigger]:
    """Those that people are called to, unless their flow is off."""
    return read_all(TriggerRow.objects.filter(alarmed_at__isnull=False, declared_disabled=False).order_by("id"))


def _changed(namespace: str, flow_id: str, trigger_id: str, now: datetime, **values: Any) -> Trigger:
    triggers.get(namespace, flow_id, trigger_id)
    with write():
        row = TriggerRow.objects.filter(namespace=namespace, flow_id=flow_id, trigger_id=trigger_id)
        row.update(updated_at=now, **values)
    return triggers.get(namespace, flow_id, trigger_id)
