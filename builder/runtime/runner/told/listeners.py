"""Whether a listener of a flow is meant: its conditions, asked of the execution as it comes to its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.engine.execution import Execution
from builder.engine.moving.inside.progress import state_so_far
from builder.engine.plan import Plan
from builder.engine.variables import tried_again_as
from builder.tasks.condition import Upstream
from builder.tasks.judge import Judge
from builder.tasks.world.offers import Render


def upstream_of(plan: Plan, execution: Execution) -> Upstream:
    """What conditions on an execution see of this one, in the state that it comes to."""
    labels = dict(reversed([pair for pair in execution.labels if not pair[0].startswith("system.")]))
    return Upstream(
        execution.namespace, execution.flow_id, state_so_far(plan, execution).value, labels, execution.outputs or {},
        tried_again_as(execution),
    )  # fmt: skip


def hears(render: Render, upstream: Upstream, conditions: Sequence[Mapping[str, Any]]) -> tuple[bool, str]:
    """Whether all conditions hold, and what could not be told, which counts as not holding."""
    objection = Judge(render, upstream).objection(conditions)
    return objection is None, objection.reason if objection is not None and objection.broken else ""
