"""What people do with triggers."""

from builder.clock import SystemClock
from builder.store import triggers
from builder.store.triggers import Trigger

_CLOCK = SystemClock()


def set_enabled(namespace: str, flow_id: str, trigger_id: str, enabled: bool) -> Trigger:
    """Switches a trigger on or off; what was missed while it was off stays missed. Raises NotFound."""
    return triggers.set_enabled(namespace, flow_id, trigger_id, enabled, _CLOCK.now())
