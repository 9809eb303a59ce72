"""Switching a schedule on again, alone or with its flow: what passed while it was off, and what becomes of that."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.actions import flows
from builder.actions.flows import Published
from builder.actions.triggers.pauses import INSTANT, Passed, note_pause, passed
from builder.actions.triggers.times import times_of
from builder.clock import Clock
from builder.errors import BuilderError, Conflict
from builder.flows.model import Flow
from builder.schedule import Recover
from builder.store import births, triggers
from builder.store.triggers import Trigger
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers.schedule import backfilling


def passed_while_off(trigger: Trigger, clock: Clock) -> Passed | None:
    """What its switch is to be asked about; None when nothing did pass, or its flow is off: that is asked then."""
    return None if trigger.enabled or trigger.declared_disabled else _passed(trigger, clock, clock.now())


def _passed(trigger: Trigger, clock: Clock, upto: datetime) -> Passed | None:
    if trigger.off_at is None or trigger.type not in SCHEDULES:
        return None
    try:
        return passed(times_of(trigger, clock), trigger.off_at, upto)
    except BuilderError:
        return None


def switch_on(trigger: Trigger, recover: Recover, clock: Clock) -> Trigger:
    """Switches it on; what passed is noted as missed, and started by a backfill as far as `recover` says.

    Raises Conflict when something is to be started and the trigger has a backfill already.
    """
    now = clock.now()
    found = passed_while_off(trigger, clock)
    if found is None:
        return triggers.set_enabled(*trigger.place, True, now)
    _refuse_second_backfill(trigger, recover)
    return _settled(triggers.set_enabled(*trigger.place, True, now), found, recover, now, clock)


def passed_before(flow: Flow | None, clock: Clock) -> list[tuple[Trigger, Passed]]:
    """The schedules that go on with the publishing of this flow, where times passed while they were off."""
    if flow is None or flow.disabled:
        return []
    declared = {str(one["id"]): one for one in flow.triggers}
    off = [one for one in triggers.of_flow(flow.namespace, flow.id) if one.enabled and one.declared_disabled]
    go_on = [one for one in off if _goes_on(one, declared.get(one.id))]
    return [(trigger, found) for trigger in go_on if (found := _passed(trigger, clock, clock.now()))]


def _goes_on(trigger: Trigger, definition: Mapping[str, Any] | None) -> bool:
    return definition is not None and definition.get("disabled") is not True and trigger.is_same(definition)


def publish_with(flow: Flow | None, recover: Recover, clock: Clock, publish: Callable[[], Published]) -> Published:
    """Publishes it; what passed while its schedules were off becomes what `recover` says, as in `switch_on`."""
    now, found = clock.now(), passed_before(flow, clock)
    for trigger, _ in found:
        _refuse_second_backfill(trigger, recover)
    published = publish()
    for before, times in found:
        trigger = triggers.get(*before.place)
        if trigger.active and trigger.is_same(before.definition):
            _settled(trigger, times, recover, now, clock)
    return published


def switched_on(namespace: str, flow_id: str) -> Flow:
    """The flow as it is once it is switched on. Raises NotFound, InvalidFlow."""
    return replace(births.runnable(namespace, flow_id).flow, disabled=False)


def switch_flow_on(namespace: str, flow_id: str, recover: Recover, clock: Clock, *, by: str) -> Published:
    """Switches a whole flow on. Raises what `set_disabled` raises, and Conflict as `switch_on` does."""
    return publish_with(
        switched_on(namespace, flow_id), recover, clock, lambda: flows.set_disabled(namespace, flow_id, False, by=by)
    )


def _refuse_second_backfill(trigger: Trigger, recover: Recover) -> None:
    if recover is not Recover.NONE and trigger.backfill and not trigger.backfill.is_over:
        raise Conflict(f"Trigger `{trigger.id}` has a backfill already; cancel it, or let the missed times go.")


def _settled(trigger: Trigger, found: Passed, recover: Recover, now: datetime, clock: Clock) -> Trigger:
    found = _passed(trigger, clock, trigger.since) or found  # one more may have come while it was switched on
    note_pause(trigger, found, now)
    triggers.heed(trigger, now)
    if recover is Recover.NONE:
        return triggers.get(*trigger.place)
    first = found.last if recover is Recover.LAST else found.moments[0]
    return backfilling.begin(trigger, first - INSTANT, found.last, clock, gaps_only=True)
