"""Triggers of published flows: their switch, their next slot, the slots already fired, what they wait for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from builder import counters
from builder.errors import NotFound
from builder.models import Slot as SlotRow
from builder.models import Trigger as TriggerRow
from builder.store import documents
from builder.store.gate import write
from builder.store.pages import Page, total_of
from builder.store.triggers import calls, windows
from builder.store.triggers.backfills import lock
from builder.store.triggers.history import (
    FAILED,
    FIRED,
    MISSED,
    SKIPPED,
    Slot,
    read_slot,
    slot_key,
    slots,
    was_running,
)
from builder.store.triggers.values import NEVER, QUIET, UNBROKEN, Trigger, read_all, read_trigger

__all__ = [
    "FAILED",
    "FIRED",
    "MISSED",
    "SKIPPED",
    "Slot",
    "Trigger",
    "backfilling",
    "claim",
    "declare",
    "due",
    "failing",
    "fire",
    "forget_pause",
    "get",
    "heed",
    "hold",
    "let_go",
    "listed",
    "next_due",
    "note_execution",
    "note_failure",
    "of_flow",
    "of_types",
    "plan",
    "say",
    "search",
    "set_enabled",
    "slot_key",
    "slots",
    "was_running",
]


def declare(
    namespace: str, flow_id: str, revision: int, triggers: Iterable[Mapping[str, Any]], *, disabled: bool, now: datetime
) -> list[Trigger]:
    """Makes the rows what a published flow says. People's switches stay; a changed definition forgets `next_at`.

    Returns the triggers whose definition is another one now, as they were.
    """
    declared = {str(trigger["id"]): trigger for trigger in triggers}
    with write():
        found = TriggerRow.objects.filter(namespace=namespace, flow_id=flow_id).order_by("id")
        rows = {row.trigger_id: row for row in found.select_for_update(no_key=True)}
        before = {trigger_id: read_trigger(row) for trigger_id, row in rows.items()}
        changed = [old for old in before.values() if old.id in declared and not old.is_same(declared[old.id])]
        for trigger_id, trigger in declared.items():
            new = TriggerRow(namespace=namespace, flow_id=flow_id, trigger_id=trigger_id, since=now)
            row, off = rows.get(trigger_id) or new, disabled or trigger.get("disabled") is True
            _declare(row, before.get(trigger_id), trigger, revision, off, now)
        gone = [row.pk for trigger_id, row in rows.items() if trigger_id not in declared]
        TriggerRow.objects.filter(pk__in=gone).delete()
        keys = [slot_key(namespace, flow_id, name) for name in rows if name not in declared]
        windows.forget(keys)
        calls.forget(keys)
    return changed


def _declare(
    row: TriggerRow, before: Trigger | None, trigger: Mapping[str, Any], revision: int, disabled: bool, now: datetime
) -> None:
    is_other = before is not None and not before.is_same(trigger)
    if is_other or (row.declared_disabled and not disabled and row.enabled):
        row.next_at, row.since, row.message = None, now, ""
        row.failures, row.failing_since, row.failed_at = 0, None, None
        windows.forget([slot_key(row.namespace, row.flow_id, row.trigger_id)])
    if is_other:
        row.off_at = row.off_at and now
    if is_other and row.enabled:
        row.alarm, row.alarmed_at, row.alarm_execution_id = "", None, None
    if disabled and not row.declared_disabled and before is not None:
        row.off_at = row.off_at or before.off_from(now)
    row.type, row.definition, row.revision = str(trigger["type"]), documents.dump(trigger), revision
    row.declared_disabled, row.updated_at = disabled, now
    row.save()


def get(namespace: str, flow_id: str, trigger_id: str) -> Trigger:
    """Raises NotFound."""
    row = TriggerRow.objects.filter(namespace=namespace, flow_id=flow_id, trigger_id=trigger_id).first()
    if row is None:
        raise NotFound(f"Flow `{namespace}.{flow_id}` has no trigger `{trigger_id}`.")
    return read_trigger(row)


def of_flow(namespace: str, flow_id: str) -> list[Trigger]:
    return read_all(TriggerRow.objects.filter(namespace=namespace, flow_id=flow_id).order_by("id"))


def of_types(types: Sequence[str], *, active: bool = True) -> list[Trigger]:
    """All triggers of these types (canonical names and aliases are different texts: give both)."""
    found = TriggerRow.objects.filter(type__in=types)
    return read_all((found.filter(enabled=True, declared_disabled=False) if active else found).order_by("id"))


def listed(*, namespace: str = "", text: str = "", limit: int = 1000) -> list[Trigger]:
    """Triggers by flow; `namespace` takes its children too."""
    found = _by_flow(text)
    if namespace:
        found = found.filter(Q(namespace=namespace) | Q(namespace__startswith=f"{namespace}."))
    return read_all(found[:limit])


def search(text: str = "", *, page: int = 1, size: int = 25) -> Page[Trigger]:
    """One page of them."""
    found = _by_flow(text)
    shown = read_all(found[(page - 1) * size : page * size])
    return Page(tuple(shown), total_of(found, len(shown), page, size), page, size)


def _by_flow(text: str) -> QuerySet[TriggerRow]:
    found = TriggerRow.objects.order_by("namespace", "flow_id", "id")
    return found.filter(Q(flow_id__icontains=text) | Q(trigger_id__icontains=text)) if text else found


def due(types: Sequence[str], now: datetime, limit: int = 200) -> list[Trigger]:
    """Active triggers of these types whose next slot has come, or was never computed."""
    found = TriggerRow.objects.filter(type__in=types, enabled=True, declared_disabled=False)
    found = found.filter(Q(next_at__isnull=True) | Q(next_at__lte=now))
    return read_all(found.order_by(F("next_at").asc(nulls_first=True))[:limit])


def backfilling() -> list[Trigger]:
    """Active triggers with a backfill, over ones too."""
    found = TriggerRow.objects.filter(backfill__isnull=False, enabled=True, declared_disabled=False)
    return read_all(found.order_by("id"))


def next_due(types: Sequence[str], limit: int = 10) -> list[Trigger]:
    """Which triggers of these types fire next, soonest first."""
    found = TriggerRow.objects.filter(type__in=types, enabled=True, declared_disabled=False, next_at__lt=NEVER)
    return read_all(found.order_by("next_at")[:limit])


def plan(trigger: Trigger, next_at: datetime | None, *, message: str = "") -> bool:
    """Notes when it fires next; False when the trigger was published anew or switched meanwhile: nothing was noted."""
    with write():
        return bool(_same(trigger).update(next_at=next_at or NEVER, message=message))


def fire(
    trigger: Trigger,
    fire_at: datetime,
    now: datetime,
    *,
    next_at: datetime | None,
    state: str = FIRED,
    reason: str = "",
    create: Callable[[], str] | None = None,
) -> Slot | None:
    """Takes the slot and creates its execution (`create` returns its id) in one transaction.

    None: somebody else took this slot, or the trigger was changed or switched off; then nothing was created. A slot
    that a backfill took is passed over: the schedule goes on behind it.
    """
    with write():
        if not hold(trigger):
            return None
        if SlotRow.objects.filter(trigger=trigger.key, fire_at=fire_at).exists():
            behind = Q(last_at__isnull=True) | Q(last_at__lt=fire_at)
            _same(trigger).filter(behind).update(last_at=fire_at, next_at=next_at or NEVER)
            return None
        execution_id = create() if create else None
        row = SlotRow.objects.create(
            trigger=trigger.key, fire_at=fire_at, execution_id=execution_id, state=state, reason=reason, made_at=now
        )
        _same(trigger).update(
            last_at=fire_at,
            next_at=next_at or NEVER,
            message="" if state == FIRED else reason,
            last_execution_id=execution_id or F("last_execution_id"),
        )
    slot = read_slot(row)
    counters.count_slot(state, (now - fire_at).total_seconds() if state == FIRED else None, is_late=slot.is_late)
    return slot


def say(trigger: Trigger, message: str) -> None:
    """What there is to tell people about a look of it that went well."""
    with write():
        named(trigger).update(**{**UNBROKEN, "message": message})


def note_failure(trigger: Trigger, message: str, now: datetime, execution_id: str | None = None) -> None:
    """It could not look, or not start what it should; one more in a row. Its failed execution counts as its last."""
    last = {"last_execution_id": execution_id, "last_at": now} if execution_id else {}
    with write():
        named(trigger).update(
            message=message, failures=F("failures") + 1, failing_since=Coalesce("failing_since", now), failed_at=now,
            **last,
        )  # fmt: skip


def failing(least: int) -> list[Trigger]:
    """Active triggers that have failed so often in a row."""
    found = TriggerRow.objects.filter(failures__gt=0, failures__gte=least, enabled=True, declared_disabled=False)
    return read_all(found.order_by("id"))


def forget_pause(trigger: Trigger) -> None:
    """What passed while it was off is noted, as far as it was not switched meanwhile."""
    with write():
        _same(trigger).filter(since=trigger.since, off_at=trigger.off_at).update(off_at=None)


def hold(trigger: Trigger) -> bool:
    """Inside a transaction: others that hold it wait until this one ends. False: it was changed or switched off."""
    lock(trigger.place)
    return _same(trigger).exists()


def claim(trigger: Trigger, now: datetime, until: datetime, *, next_at: datetime | None = None) -> bool:
    """The right to ask it until then; True for one process. With `next_at` it must be due, and is asked again then."""
    found = _same(trigger).filter(Q(held_until__isnull=True) | Q(held_until__lte=now))
    if next_at is None:
        with write():
            return bool(found.update(held_until=until))
    with write():
        return bool(
            found.filter(Q(next_at__isnull=True) | Q(next_at__lte=now)).update(held_until=until, next_at=next_at)
        )


def let_go(trigger: Trigger) -> None:
    """It may be asked again."""
    with write():
        named(trigger).update(held_until=None)


def heed(trigger: Trigger, now: datetime) -> None:
    """People have seen what it did not start until now. Why it is off is kept."""
    with write():
        named(trigger).update(heeded_at=now)
        named(trigger).filter(enabled=True).update(**QUIET)


def note_execution(trigger: Trigger, execution_id: str, at: datetime) -> None:
    """Remembers the last execution of a trigger that has no slots (webhook, flow trigger)."""
    with write():
        named(trigger).update(last_execution_id=execution_id, last_at=at, **UNBROKEN)


def named(trigger: Trigger) -> QuerySet[TriggerRow]:
    """Its row, whatever has become of it since it was read."""
    return TriggerRow.objects.filter(namespace=trigger.namespace, flow_id=trigger.flow_id, trigger_id=trigger.id)


def _same(trigger: Trigger) -> QuerySet[TriggerRow]:
    return named(trigger).filter(revision=trigger.revision, enabled=True, declared_disabled=False)


def set_enabled(namespace: str, flow_id: str, trigger_id: str, enabled: bool, now: datetime) -> Trigger:
    """A person's switch. Switched on it counts from now, and what passed meanwhile is noted then. Raises NotFound."""
    trigger = get(namespace, flow_id, trigger_id)
    if trigger.enabled == enabled:
        return trigger
    changes: dict[str, Any] = {"since": now, **UNBROKEN} if enabled else {"off_at": trigger.off_from(now)}
    with write():
        named(trigger).update(enabled=enabled, next_at=None, updated_at=now, **changes, **QUIET)
    return get(namespace, flow_id, trigger_id)
