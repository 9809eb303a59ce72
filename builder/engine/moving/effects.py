"""The end of a task that does something to its execution: all of it, or the task fails and nothing is done."""

from dataclasses import replace

from builder.engine.changes import changed_by
from builder.engine.events import KillRequested, TaskSucceeded
from builder.engine.execution import TaskRun
from builder.engine.moving import attempts, happenings, signals
from builder.engine.moving.steps import end, leave
from builder.engine.moving.work import Work
from builder.engine.states import State
from builder.errors import TaskFailure
from builder.tasks.world.effects import Exited


def task_succeeded(work: Work, event: TaskSucceeded) -> None:
    """An attempt did its work; what it does to the execution is done with its end."""
    run = work.runs.get(event.path)
    if run is None or not attempts.present(run, event.attempt):
        return
    changed = work.execution
    try:
        for effect in event.effects:
            changed = changed_by(effect, changed, work.plan.flow.variables)
    except TaskFailure as failure:
        happenings.attempt_failed(work, run, failure.message, event.outputs, retryable=False)
        return
    if changed is not work.execution:
        work.execution = replace(work.execution, labels=changed.labels, variables=changed.variables)
    exits = [State(effect.state) for effect in event.effects if isinstance(effect, Exited)]
    if exits and not work.killing and work.exit is None:
        _exit(work, run, event, exits[0])
    else:
        happenings.task_succeeded(work, event)


def _exit(work: Work, run: TaskRun, event: TaskSucceeded, state: State) -> None:
    """The run and the blocks around it end in `state`, and so does the execution once nothing runs any more."""
    closed = attempts.closed(work, run, state)
    if state is State.KILLED:
        end(work, run, state, attempts=closed, outputs=dict(event.outputs))
        signals.killed(work, KillRequested(work.at))
        return
    leave(work, run, state, attempts=closed, outputs=dict(event.outputs))
