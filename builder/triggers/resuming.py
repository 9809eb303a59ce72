"""Switching a schedule on again, alone or with its flow: what passed while it was off, and what becomes of that."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.actions import flows
from builder.actions.flows import Published
from builder.actions.triggers.pauses import INSTANT, Passed, Resumed, note_pause, passed
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


def switch_on(trigger: Trigger, recover: Recover | None, clock: Clock) -> Trigger:
    """Switches it on; what passed is noted as missed, and started by a backfill as far as `recover` says.

    None: nobody was asked. Then the trigger's own recoverMissedSchedules counts; where it says nothing either, all are
    missed, and told as such: an outage is not a pause.
    Raises Conflict when something is to be started and the trigger has a backfill already.
    """
    now = clock.now()
    found = passed_while_off(trigger, clock)
    if found is None:
        return triggers.set_enabled(*trigger.place, True, now)
    _refuse_second_backfill(trigger, recover)
    _settled(triggers.set_enabled(*trigger.place, True, now), found, recover, now, clock)
    return triggers.get(*trigger.place)


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


def publish_with(
    flow: Flow | None, recover: Recover | None, clock: Clock, publish: Callable[[], Published]
) -> Published:
    """Publishes it; what passed while its schedules were off becomes what `recover` says, as in `switch_on`."""
    now, found = clock.now(), passed_before(flow, clock)
    for trigger, _ in found:
        _refuse_second_backfill(trigger, recover)
    published = publish()
    on_again = [(triggers.get(*before.place), before, times) for before, times in found]
    resumed = [
        _settled(trigger, times, recover, now, clock)
        for trigger, before, times in on_again
        if trigger.active and trigger.is_same(before.definition)
    ]
    return replace(published, resumed=tuple(resumed))


def save_with(
    source: str, recover: Recover | None, clock: Clock, *, by: str, publish: Callable[..., Published] = flows.save_flow
) -> Published:
    """The same for a flow's text, which is published by `publish(source, by=by)`."""
    return publish_with(births.checked(source).flow, recover, clock, lambda: publish(source, by=by))


def switched_on(namespace: str, flow_id: str) -> Flow:
    """The flow as it is once it is switched on. Raises NotFound, InvalidFlow."""
    return replace(births.runnable(namespace, flow_id).flow, disabled=False)


def switch_flow_on(namespace: str, flow_id: str, recover: Recover | None, clock: Clock, *, by: str) -> Published:
    """Switches a whole flow on. Raises what `set_disabled` raises, and Conflict as `switch_on` does."""
    return publish_with(
        switched_on(namespace, flow_id), recover, clock, lambda: flows.set_disabled(namespace, flow_id, False, by=by)
    )


def _refuse_second_backfill(trigger: Trigger, recover: Recover | None) -> None:
    if recover not in (None, Recover.NONE) and _is_filling(trigger):
        raise Conflict(f"Trigger `{trigger.id}` has a backfill already; cancel it, or let the missed times go.")


def _is_filling(trigger: Trigger) -> bool:
    return trigger.backfill is not None and not trigger.backfill.is_over


def _settled(trigger: Trigger, found: Passed, asked: Recover | None, now: datetime, clock: Clock) -> Resumed:
    found = _passed(trigger, clock, trigger.since) or found  # one more may have come while it was switched on
    note_pause(trigger, found, now)
    chosen = asked or _own(trigger)
    if chosen is None:
        return Resumed(trigger.id, found, Recover.NONE, "its recoverMissedSchedules says nothing")
    if chosen is not Recover.NONE and _is_filling(trigger):
        return Resumed(trigger.id, found, Recover.NONE, "a backfill of it is under way")
    triggers.heed(trigger, now)
    if chosen is not Recover.NONE:
        first = found.last if chosen is Recover.LAST else found.moments[0]
        backfilling.begin(trigger, first - INSTANT, found.last, clock, gaps_only=True)
    return Resumed(trigger.id, found, chosen)


def _own(trigger: Trigger) -> Recover | None:
    """What its text says of missed times."""
    written = trigger.definition.get("recoverMissedSchedules")
    return Recover(written) if written in list(Recover) else None
