"""What a flow trigger sees of the execution it looks at: for its conditions, its expressions and what it starts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.engine.variables import instant, task_outputs, tried_again_as
from builder.store import executions
from builder.store.encryption import opened
from builder.store.triggers.changes import Change
from builder.tasks.condition import Upstream


@dataclass(frozen=True, slots=True)
class Sight:
    """`variables`: read as `trigger`, and kept. `seen`: read besides. `by_when`: read by `when` alone.

    `hidden`: texts in them that are secret.
    """

    facts: Upstream
    variables: Mapping[str, Any]
    seen: Mapping[str, Any]
    by_when: Mapping[str, Any]
    hidden: tuple[str, ...]


def sight_of(execution: Execution, change: Change) -> Sight:
    """All of it, as of the change: the execution may have gone on since."""
    labels = dict(reversed([pair for pair in execution.labels if not pair[0].startswith("system.")]))
    (tasks, flow), hidden = opened((task_outputs(execution), execution.outputs or {}))
    facts = Upstream(execution.namespace, execution.flow_id, change.state, labels, flow, tried_again_as(execution))
    seen = {
        "namespace": execution.namespace, "flowId": execution.flow_id, "state": change.state, "labels": labels,
        "outputs": {**flow, **tasks}, "hasRetryAttempt": bool(facts.attempts),
        "execution": {"id": execution.id, "state": change.state, "startDate": instant(execution.created_at),
                      "outputs": flow},
    }  # fmt: skip
    flow_seen = {"id": execution.flow_id, "namespace": execution.namespace, "revision": execution.revision}
    return Sight(facts, _variables(execution, change, labels), seen, {"flow": flow_seen}, tuple(hidden))


def _variables(execution: Execution, change: Change, labels: Mapping[str, str]) -> dict[str, Any]:
    ended = _ended_at(execution) if State(change.state) in TERMINAL else None
    found: dict[str, Any] = {
        "executionId": execution.id, "executionLabels": dict(labels), "state": change.state,
        "startDate": instant(execution.created_at), "namespace": execution.namespace, "flowId": execution.flow_id,
        "flowRevision": execution.revision,
    }  # fmt: skip
    if ended is not None:
        found |= {"endDate": instant(ended), **_tasks(execution)}
        if execution.outputs:
            found["outputs"] = dict(execution.outputs)
    return found


def _tasks(execution: Execution) -> dict[str, str]:
    runs = list(execution.runs.values())
    failed = next((run.task_id for run in runs if run.state is State.FAILED), None)
    named = {"firstFailedTaskId": failed, "lastTaskId": runs[-1].task_id if runs else None}
    return {name: task_id for name, task_id in named.items() if task_id is not None}


def outputs_of(execution_ids: Iterable[str]) -> dict[str, Any]:
    """trigger.outputs of several executions, the last one winning: each flow's by its id, and all of them merged."""
    wanted = list(dict.fromkeys(execution_ids))
    found = executions.load_many(wanted, with_runs=False)
    by_flow: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for execution in (found[one][0] for one in wanted if one in found):
        outputs = dict(execution.outputs or {})
        merged = _deeply(merged, outputs)
        if outputs:
            by_flow[execution.flow_id] = _deeply(by_flow.get(execution.flow_id, {}), outputs)
    return {**by_flow, **merged}


def _deeply(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _deeply(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _ended_at(execution: Execution) -> datetime | None:
    return execution.history[-1][1] if execution.state in TERMINAL else None
