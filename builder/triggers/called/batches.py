"""Webhooks that gather calls: each is kept in the database, and all of them start one execution, with a file."""

import json
import logging
from datetime import datetime
from functools import partial

from builder.clock import Clock
from builder.errors import BuilderError, Unavailable
from builder.expressions import truthy
from builder.flows.durations import parse_duration
from builder.runtime.files import storage
from builder.store import triggers
from builder.store.executions import new_id
from builder.store.gate import write
from builder.store.triggers import Trigger, held_calls
from builder.store.triggers.held_calls import Held
from builder.tasks.core.trigger.batch_webhook import BatchWebhook
from builder.tasks.judge import Objection
from builder.triggers import asking
from builder.triggers.opening import Opening

TYPES = (BatchWebhook.type_name,)
MOST = 10_000
"""How many calls one execution is given."""

log = logging.getLogger(__name__)


def is_wanted(opening: Opening) -> bool:
    """Whether the call is kept; a filter that cannot be told leaves it out."""
    wanted = opening.trigger.definition.get("eventFilter")
    try:
        return wanted is None or truthy(str(opening.rendered(wanted)))
    except Unavailable:
        raise
    except BuilderError:
        return False


def keep(opening: Opening, now: datetime) -> int:
    """Keeps one call; returns how many there are now."""
    row = {"eventId": new_id(), "eventReceived": now.isoformat(), **opening.variables}
    return held_calls.add(opening.trigger.key, row, now)


def start_when_enough(trigger: Trigger, count: int, clock: Clock) -> None:
    """Starts the flow when so many calls are enough; one that asks others is the scheduler's, which can wait."""
    wanted = trigger.definition.get("eventsCount")
    if wanted and count >= int(wanted) and not Opening(trigger, {}, clock).asks:
        _start(trigger, clock)


def start_gathered(clock: Clock) -> int:
    """Starts what has waited long enough; returns how many executions were started."""
    return sum(_start(trigger, clock) for trigger in triggers.of_types(TYPES) if _is_due(trigger, clock.now()))


def _is_due(trigger: Trigger, now: datetime) -> bool:
    oldest = held_calls.oldest(trigger.key)
    if oldest is None:
        return False
    interval, wanted = trigger.definition.get("pollingInterval"), trigger.definition.get("eventsCount")
    if interval and oldest + parse_duration(str(interval)) <= now:
        return True
    return wanted is not None and held_calls.count(trigger.key) >= int(wanted)


def _start(trigger: Trigger, clock: Clock) -> bool:
    """One transaction takes the calls and starts the flow; calls that start nothing are gone, with the reason told."""
    opening = Opening(trigger, {"date": clock.now().isoformat()}, clock)
    objection = opening.objection()
    now = clock.now()
    is_due = partial(_is_due, trigger, now)
    known = opening if objection else asking.answered(opening, "calls", now, is_due, require_inputs=False)
    if known is None:
        return False
    started = _taken(known, objection, clock)
    asking.settle(trigger, "calls")
    return started


def _taken(opening: Opening, objection: Objection | None, clock: Clock) -> bool:
    trigger, chosen = opening.trigger, new_id()
    try:
        with write():
            if not triggers.hold(trigger):
                return False
            calls = held_calls.take(trigger.key, int(trigger.definition.get("eventsCount") or MOST))
            if not calls or objection is not None:
                return False
            kept = {"uri": storage.put(chosen, "calls.jsonl", _lines(calls)), "count": len(calls)}
            execution = opening.with_variables({**opening.variables, **kept}).start(
                require_inputs=False, execution_id=chosen
            )
            triggers.note_execution(trigger, execution.id, clock.now())
            return True
    except Unavailable:
        storage.forget(chosen)
        raise
    except BuilderError as error:
        storage.forget(chosen)
        return _give_up(trigger, opening.told(f"Not started: {error.message}"), clock.now())


def _give_up(trigger: Trigger, reason: str, now: datetime) -> bool:
    log.warning("Webhook %s: %s", trigger.key, reason)
    with write():
        held_calls.take(trigger.key, int(trigger.definition.get("eventsCount") or MOST))
        triggers.note_failure(trigger, reason, now)
    return False


def _lines(calls: list[Held]) -> bytes:
    return b"".join(json.dumps(dict(call.document)).encode() + b"\n" for call in calls)
