"""What people and triggers do with executions: run, kill, pause, resume, restart, replay, label, delete."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from builder.actions.executions.again import mark, replay, restart
from builder.actions.executions.running import check_inputs, failing_checks, inputs_of, run, start
from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.errors import Conflict, InvalidInput
from builder.runtime import queue
from builder.runtime.files import storage
from builder.runtime.resuming import Waiting, check_resume, resume, resume_inputs, waits, waits_of
from builder.store import births, executions
from builder.store.executions import KILL, PAUSE, alive
from builder.store.gate import unit, write

__all__ = [
    "Waiting",
    "change_status",
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
    "unqueue",
    "waits",
    "waits_of",
]

_CLOCK = SystemClock()
_OUT_OF_QUEUE = (State.RUNNING, State.CANCELLED, State.FAILED, State.KILLED)


@unit
def kill(execution_id: str, *, by: str = "") -> Execution:
    """Stops an execution; one that waits in the queue at once, others by their runner. Children are killed by it.

    Raises NotFound, Conflict when it has ended.
    """
    now = _CLOCK.now()
    with write():
        executions.hold(execution_id)
        execution = alive(execution_id, "killed")
        if execution.state is State.QUEUED:
            killed = _ended(execution, State.KILLED, now, f"killed by {by}" if by else "killed")
            queue.ring_on_commit(executions.replace_execution(killed, now, due=False))
            return killed
        executions.send(execution_id, KILL, now, {"by": by})
    queue.notify(execution_id)
    return execution


@unit
def pause(execution_id: str, *, by: str = "") -> Execution:
    """Asks a running execution to pause after the tasks it is at. Raises NotFound, Conflict."""
    with write():
        execution = alive(execution_id, "paused")
        if execution.state is not State.RUNNING:
            raise Conflict(f"Execution `{execution_id}` is {execution.state}; only a RUNNING one can be paused.")
        executions.send(execution_id, PAUSE, _CLOCK.now(), {"by": by})
    queue.notify(execution_id)
    return execution


@unit
def set_labels(execution_id: str, labels: Sequence[tuple[str, str]]) -> Execution:
    """Replaces the labels of an ended execution; system labels stay. Raises NotFound, Conflict, InvalidInput."""
    births.refuse_system_labels(labels)
    with write():
        executions.hold(execution_id)
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


@unit
def force_run(execution_id: str) -> Execution:
    """Lets it run at once: a queued one whatever the limit, one that waits for its date, a paused one.

    Raises NotFound, InvalidInput when it has ended. One that runs is left alone.
    """
    now = _CLOCK.now()
    with write():
        executions.hold(execution_id)
        execution, _ = executions.load(execution_id)
        if execution.state in TERMINAL:
            raise InvalidInput(
                f"Execution `{execution_id}` has ended ({execution.state}): only one that has not can be forced to run."
            )
        if execution.state in (State.QUEUED, State.CREATED):
            execution = replace(execution, state=State.CREATED, wake_at=None)
            queue.ring_on_commit(executions.replace_execution(execution, now, due=True))
            return execution
    return resume(execution_id) if execution.state is State.PAUSED else execution


@unit
def unqueue(execution_id: str, state: State = State.RUNNING) -> Execution:
    """Takes an execution out of the queue: to run at once, or to an end. Raises NotFound, Conflict, InvalidInput."""
    now = _CLOCK.now()
    if state not in _OUT_OF_QUEUE:
        raise InvalidInput(f"A queued execution cannot become {state}; choose one of {', '.join(_OUT_OF_QUEUE)}.")
    with write():
        executions.hold(execution_id)
        execution = alive(execution_id, "taken out of the queue")
        if execution.state is not State.QUEUED:
            raise Conflict(f"Execution `{execution_id}` is {execution.state}, not QUEUED.")
        if state in TERMINAL:
            gone = _ended(execution, state, now, "taken out of the queue")
            queue.ring_on_commit(executions.replace_execution(gone, now, due=False))
            return gone
        let_in = replace(execution, state=State.CREATED)
        queue.ring_on_commit(executions.replace_execution(let_in, now, due=True))
    return let_in


@unit
def change_status(execution_id: str, state: State) -> Execution:
    """Says that an ended execution came to another end. Raises NotFound, InvalidInput when one of them is no end."""
    now = _CLOCK.now()
    with write():
        executions.hold(execution_id)
        execution, _ = executions.load(execution_id)
        if execution.state not in TERMINAL:
            raise InvalidInput(
                f"Execution `{execution_id}` is {execution.state}: the state of one that has ended can be changed."
            )
        if state not in TERMINAL:
            raise InvalidInput(f"{state} is no end; choose one of {', '.join(sorted(TERMINAL))}.")
        if state is execution.state:
            return execution
        changed = _ended(execution, state, now, "")
        queue.ring_on_commit(executions.replace_execution(changed, now, due=False))
    return changed


def _ended(execution: Execution, state: State, now: datetime, message: str) -> Execution:
    return replace(execution, state=state, history=(*execution.history, (state, now)), message=message)
