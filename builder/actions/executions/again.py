"""Running an execution again: restarted where it failed, replayed as a new one, or from a run that was marked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from builder.actions.executions.running import start
from builder.clock import SystemClock
from builder.engine.again.replay import replayed, restarted_anew
from builder.engine.again.restart import marked, restarted
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import NotFound
from builder.flows.model import Flow
from builder.runtime import queue
from builder.runtime.runner.keeping.plans import plan_of
from builder.runtime.world.asking import Answers, with_answers
from builder.store import births, executions, flows
from builder.store.births.sharing import concurrency_key
from builder.store.executions import NewExecution
from builder.store.gate import unit, write

_CLOCK = SystemClock()


@unit
def restart(execution_id: str, *, revision: int | None = None, by: str = "") -> Execution:
    """Runs an ended execution again from its failed tasks: the same execution, or a new one with another revision.

    Raises NotFound, Conflict when it still runs or nothing in it failed.
    """
    now = _CLOCK.now()
    if revision is not None and revision != executions.item(execution_id).revision:
        return _restart_anew(execution_id, revision, now)
    with write():
        executions.hold(execution_id)
        execution, _ = executions.load(execution_id)
        plan = plan_of(*_text(execution, revision), execution.created_at)
        again = restarted(plan, execution, now)
        queue.ring_on_commit(executions.replace_execution(again, now, due=True))
    return again


def _restart_anew(execution_id: str, revision: int, now: datetime) -> Execution:
    """The one that ended stays as it is, so it is not held."""
    execution, _ = executions.load(execution_id)
    plan = plan_of(*_text(execution, revision))
    return _create(restarted_anew(plan, execution, now, executions.new_id(), revision), plan.flow)


def replay(
    execution_id: str,
    *,
    from_run: str | None = None,
    revision: int | None = None,
    inputs: Mapping[str, Any] | None = None,
    by: str = "",
) -> Execution:
    """A new execution with the same inputs (or others); `from_run`: the path or id of the task run it begins at.

    A run of a draft is replayed with the draft's text, unless a revision is given. Raises NotFound, InvalidInput,
    Conflict.
    """
    now = _CLOCK.now()
    execution, _ = executions.load(execution_id)
    source, number = _text(execution, revision)
    plan = plan_of(source, number)
    path = _path_of(execution, from_run) if from_run else None
    copy = replayed(plan, execution, now, executions.new_id(), path, revision)
    if inputs is not None:
        copy = with_answers(partial(_with_inputs, copy, plan.flow, number, inputs, now))
    draft_source = executions.draft_source(execution_id) if revision is None else None
    return _create(copy, plan.flow, draft_source)


def _with_inputs(
    copy: Execution, flow: Flow, revision: int, inputs: Mapping[str, Any], now: datetime, known: Answers
) -> Execution:
    values = births.resolved_inputs(flow, revision, inputs, now, ask=known.of)
    return births.objected(replace(copy, inputs=values), flow, now, known.of)


@unit
def mark(execution_id: str, run: str, state: State, *, by: str = "") -> Execution:
    """Says what a task run came to (SUCCESS, FAILED ...) and goes on from there. Raises NotFound, Conflict."""
    now = _CLOCK.now()
    with write():
        executions.hold(execution_id)
        execution, _ = executions.load(execution_id)
        changed = marked(
            plan_of(*_text(execution, None), execution.created_at), execution, _path_of(execution, run), state, now
        )
        queue.ring_on_commit(executions.replace_execution(changed, now, due=True))
    return changed


def _text(execution: Execution, revision: int | None) -> tuple[str, int]:
    """The flow's text to run again, and its revision. Raises NotFound."""
    if revision is not None:
        return flows.revision(execution.namespace, execution.flow_id, revision).source, revision
    return executions.sources([execution.id])[execution.id], execution.revision


def _path_of(execution: Execution, name: str) -> str:
    for path, run in execution.runs.items():
        if name in (path, run.id):
            return path
    raise NotFound(f"Execution `{execution.id}` has no task run `{name}`.")


def _create(copy: Execution, flow: Flow, draft_source: str | None = None) -> Execution:
    """Creates a copy, with a correlation id of its own where the old one had its own."""
    labels = tuple(
        (key, copy.id if (key, value) == (births.CORRELATION, copy.parent_id) else value) for key, value in copy.labels
    )
    relabelled = replace(copy, labels=labels)
    key = concurrency_key(flow, relabelled, copy.created_at)
    return start(
        NewExecution(
            relabelled,
            source=draft_source,
            concurrency=flow.concurrency,
            concurrency_key=key,
            quotas=flow.quotas,
        )
    )
