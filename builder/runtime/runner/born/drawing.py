"""Outputs that a Subflow names itself, the old way (`outputs`): rendered as its child sees itself at its end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from builder.clock import Clock
from builder.engine.events import ChildEnded
from builder.engine.execution import Execution
from builder.engine.moving.steps import layout_of
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State
from builder.engine.variables import variables
from builder.expressions import ExpressionError, result_to_json
from builder.runtime.evaluate import RuntimeLookups, render
from builder.runtime.masking import Masker
from builder.runtime.runner.keeping.plans import Ready, make_ready
from builder.runtime.world.asking import Answers
from builder.store import executions
from builder.store.encryption import opened
from builder.store.executions import Claim


def asked_of(plan: Plan | None, execution: Execution, event: ChildEnded) -> Mapping[str, Any]:
    """The outputs that the run which waits for this end names as templates of the child; {} for none."""
    run = execution.runs.get(event.path)
    if plan is None or run is None or run.child != event.child or run.state in TERMINAL:
        return {}
    if event.state is State.RETRIED or event.outputs is not None:
        return {}
    child = layout_of(plan.node(run), run).child
    return {} if child is None else child.request.get("outputs") or {}


def drawn(
    event: ChildEnded, asked: Mapping[str, Any], given: Mapping[str, Any], clock: Clock, answers: Answers
) -> ChildEnded:
    """The event with these outputs, unless the child's flow declares its own. Blocking.

    What cannot be rendered becomes the event's message: the run fails by it, though the child may have succeeded.
    """
    found = executions.load_many([event.child]).get(event.child)
    if found is None:
        return replace(event, message=f"outputs: the execution {event.child} is not there any more.")
    source = executions.sources([event.child])[event.child]
    ready = make_ready(Claim(*found, source, lost=False, alone=False, losses=0, signals=()))
    if ready.plan is None or ready.plan.flow.outputs:
        return event if ready.plan is not None else replace(event, message=f"outputs: {ready.problem}")
    masker = Masker()
    masker.add(ready.secrets)
    try:
        values = _rendered(ready, ready.plan, asked, given, masker, clock, answers)
    except ExpressionError as error:
        return replace(event, message=masker.text(f"outputs: {error}"))
    return replace(event, outputs=masker.value(values))


def _rendered(
    ready: Ready, plan: Plan, asked: Mapping[str, Any], given: Mapping[str, Any], masker: Masker, clock: Clock,
    answers: Answers,
) -> dict[str, Any]:  # fmt: skip
    child = replace(ready.claim.execution, inputs=ready.inputs)
    seen = variables(plan, child, None, **given)
    seen["outputs"], hidden = opened(seen.get("outputs", {}))
    masker.add(hidden)
    lookups = RuntimeLookups(
        child.id, child.namespace, ready.files_of, masker, clock, list,
        kv_missing_is_null=plan.flow.compat.kv_missing_is_null,
    ).knowing(answers)  # fmt: skip
    values: dict[str, Any] = result_to_json(render(asked, seen, lookups, clock, typed=False))
    return values
