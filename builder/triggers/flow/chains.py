"""How flows start each other: a chain of flow triggers that comes round again is stopped at a depth."""

from builder.engine.execution import Execution
from builder.store import executions
from builder.tasks.core.trigger import FLOWS

DEEPEST = 10
"""How many flow triggers may fire one because of the other."""
_LONGEST = 100
"""How many executions are followed back, subflows among them."""


def depth(execution: Execution) -> int:
    """How many flow triggers led to this execution, one because of the other; counted up to DEEPEST."""
    count = 0
    current: Execution | None = execution
    for _ in range(_LONGEST):
        if current is None or count == DEEPEST:
            break
        count += _by_flow_trigger(current)
        current = _before(current)
    return count


def _by_flow_trigger(execution: Execution) -> bool:
    return execution.trigger is not None and execution.trigger.get("type") in FLOWS


def _before(execution: Execution) -> Execution | None:
    """The execution that this one comes of: what its trigger looked at, or its parent."""
    before = execution.parent_id
    if execution.trigger is not None and _by_flow_trigger(execution):
        before = str(execution.trigger["variables"]["executionId"])
    found = executions.load_many([before], with_runs=False) if before else {}
    return found[before][0] if before in found else None
