"""A new execution: its row, and the ring for a runner once that is committed."""

from builder.engine.execution import Execution
from builder.engine.states import TERMINAL, State
from builder.runtime import queue
from builder.store import executions
from builder.store.executions import NewExecution
from builder.store.gate import unit, write


@unit
def start(new: NewExecution) -> Execution:
    """Creates an execution that is made already, and rings for it after the commit."""
    with write():
        execution = executions.create(new)
        if execution.state in TERMINAL:
            queue.ring_on_commit(executions.after_ends([execution], execution.created_at))
        elif execution.state is not State.QUEUED and new.due_at is None:
            queue.ring_on_commit([execution.id])
    return execution
