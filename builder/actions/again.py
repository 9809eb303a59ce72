"""Running an execution again: restarted where it failed, or replayed as a new one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.actions.restarting import replayed, restarted
from builder.actions.running import start
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.ids import run_id
from builder.engine.states import State
from builder.errors import NotFound
from builder.runtime import queue
from builder.store import births, executions, flows
from builder.store.executions import NewExecution
from builder.store.gate import write

_CLOCK = SystemClock()


def restart(execution_id: str, *, revision: int | None = None, by: str = "") -> Execution:
    """Runs an ended execution again from its failed tasks: the same execution, or a new one with another revision.

    Raises NotFound, Conflict when it still runs or nothing in it failed.
    """
    now = _CLOCK.now()
    with write():
        execution, _ = executions.load(execution_id)
        if revision is not None and revision != execution.revision:
            flows.revision(execution.namespace, execution.flow_id, revision)
            return _begin_copy(_copy_of_failed(execution, revision, now), execution_id, None)
        again = restarted(execution, now)
        queue.ring_on_commit(executions.replace_execution(again, now, due=True))
    return again


def replay(
    execution_id: str, *, from_run: str | None = None, revision: int | None = None,
    inputs: Mapping[str, Any] | None = None, by: str = "",
) -> Execution:
    """A new execution with the same inputs (or others); `from_run`: the path or id of the task run it begins at.

    Raises NotFound, InvalidInput, Conflict when the flow is gone.
    """
    now = _CLOCK.now()
    execution, _ = executions.load(execution_id)
    if revision is not None:
        flows.revision(execution.namespace, execution.flow_id, revision)
    path = _path_of(execution, from_run) if from_run else None
    copy = replayed(execution, executions.new_id(), now, from_path=path, revision=revision)
    source = executions.draft_source(execution_id) if revision is None else None
    if inputs is not None:
        flow = births.checked(source or executions.sources([execution_id])[execution_id]).valid_flow
        copy = replace(copy, inputs=births.resolved_inputs(flow, copy.revision, inputs, now))
    return _begin_copy(copy, execution_id, source)


def _path_of(execution: Execution, name: str) -> str:
    for path, run in execution.runs.items():
        if name in (path, run.id):
            return path
    raise NotFound(f"Execution `{execution.id}` has no task run `{name}`.")


def _copy_of_failed(execution: Execution, revision: int, now: datetime) -> Execution:
    """A restart with another revision: a new execution that keeps what succeeded."""
    again = restarted(execution, now)
    new_id = executions.new_id()
    fresh = replayed(execution, new_id, now, revision=revision)
    runs = {path: replace(run, id=run_id(new_id, path)) for path, run in again.runs.items()}
    return replace(fresh, state=State.RESTARTED, history=(*fresh.history, (State.RESTARTED, now)), runs=runs)


def _begin_copy(copy: Execution, source_id: str, draft_source: str | None) -> Execution:
    """Creates a copy; a copy of a draft's run runs the same text."""
    labels = tuple((key, copy.id if key == births.CORRELATION and value == source_id else value)
                   for key, value in copy.labels)
    return start(NewExecution(replace(copy, labels=labels), source=draft_source))
