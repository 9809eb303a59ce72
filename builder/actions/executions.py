"""What people and triggers do with executions: run, kill, pause, resume, restart, replay, label, delete."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from builder.actions.again import mark, replay, restart
from builder.actions.running import check_inputs, failing_checks, inputs_of, refuse_system_labels, run, start
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.errors import Conflict
from builder.runtime import queue, storage
from builder.runtime.resuming import check_resume, resume, resume_inputs
from builder.store import births, executions
from builder.store.executions import KILL, PAUSE, alive
from builder.store.gate import write

__all__ = [
    "check_inputs",
    "check_resume",
    "delete",
    "failing_checks",
    "force_run",
    "inputs_of",
    "kill",
    "mark",
    "pause",
    "replay",
    "restart",
    "resume",
    "resume_inputs",
    "run",
    "set_labels",
    "start",
]

_CLOCK = SystemClock()


def kill(execution_id: str, *, by: str = "") -> Execution:
    """Stops an execution; one that waits in the queue at once, others by their runner. Children are killed by it.

    Raises NotFound, Conflict when it has ended.
    """
    now = _CLOCK.now()
    with write():
        execution = alive(execution_id, "killed")
        if execution.state is State.QUEUED:
            killed = _ended(execution, State.KILLED, now, f"killed by {by}" if by else "killed")
            queue.ring_on_commit(executions.replace_execution(killed, now, due=False))
            return killed
        executions.send(execution_id, KILL, now, {"by": by})
    queue.notify(execution_id)
    return execution


def pause(execution_id: str, *, by: str = "") -> Execution:
    """Asks a running execution to pause after the tasks it is at. Raises NotFound, Conflict."""
    with write():
        execution = alive(execution_id, "paused")
        if execution.state is not State.RUNNING:
            raise Conflict(f"Execution `{execution_id}` is {execution.state}; only a RUNNING one can be paused.")
        executions.send(execution_id, PAUSE, _CLOCK.now(), {"by": by})
    queue.notify(execution_id)
    return execution


def set_labels(execution_id: str, labels: Sequence[tuple[str, str]]) -> Execution:
    """Replaces the labels of an ended execution; system labels stay. Raises NotFound, Conflict, InvalidInput."""
    refuse_system_labels(labels)
    with write():
        execution, _ = executions.load(execution_id)
        if execution.state not in TERMINAL:
            raise Conflict(f"Execution `{execution_id}` has not ended yet; labels can be changed afterwards.")
        system = [pair for pair in execution.labels if pair[0].startswith(births.SYSTEM)]
        changed = replace(execution, labels=tuple({**dict(labels), **dict(system)}.items()))
        executions.relabel(changed)
    return changed


def delete(ids: Sequence[str]) -> int:
    """Deletes ended executions with their logs, metrics and files; returns how many. Raises Conflict if one runs."""
    states = executions.states(ids)
    running = [execution_id for execution_id, state in states.items() if state not in TERMINAL]
    if running:
        raise Conflict(f"Execution `{running[0]}` has not ended yet; kill it first.")
    count = executions.delete(list(states))
    for execution_id in states:
        storage.forget(execution_id)
    return count


def force_run(execution_id: str) -> Execution:
    """Lets a queued execution run at once, limit or not. Raises NotFound, Conflict when it is not queued."""
    now = _CLOCK.now()
    with write():
        execution = alive(execution_id, "run")
        if execution.state is not State.QUEUED:
            raise Conflict(f"Execution `{execution_id}` is {execution.state}, not QUEUED.")
        let_in = replace(execution, state=State.CREATED, history=(*execution.history, (State.CREATED, now)))
        queue.ring_on_commit(executions.replace_execution(let_in, now, due=True))
    return let_in


def _ended(execution: Execution, state: State, now: datetime, message: str) -> Execution:
    return replace(execution, state=state, history=(*execution.history, (state, now)), message=message)
