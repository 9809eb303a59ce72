"""What people do with triggers; backfills are `builder.triggers.schedule.backfilling`'s."""

from builder.clock import SystemClock
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.store.triggers import states as trigger_states

_CLOCK = SystemClock()


def switch_off(namespace: str, flow_id: str, trigger_id: str) -> Trigger:
    """Switches a trigger off; `builder.triggers.resuming` switches it on again. Raises NotFound."""
    return triggers.set_enabled(namespace, flow_id, trigger_id, False, _CLOCK.now())


def unlock(namespace: str, flow_id: str, trigger_id: str) -> Trigger:
    """Lets it start something although what it started last has not ended. Raises NotFound."""
    return trigger_states.unlock(namespace, flow_id, trigger_id, _CLOCK.now())


def restart(namespace: str, flow_id: str, trigger_id: str) -> Trigger:
    """Unlocks it and finds its next time anew. Raises NotFound."""
    return trigger_states.restart(namespace, flow_id, trigger_id, _CLOCK.now())


def forget(namespace: str, flow_id: str, trigger_id: str) -> Trigger:
    """Forgets all that is known of it, as if it were published now for the first time. Raises NotFound."""
    return trigger_states.forget(namespace, flow_id, trigger_id, _CLOCK.now())
