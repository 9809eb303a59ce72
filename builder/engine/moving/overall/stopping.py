"""Everything of an execution ends as soon as it can: a kill, or an SLA that is not kept."""

from builder.engine.commands import CancelTask, KillChild
from builder.engine.execution import TaskRun
from builder.engine.moving import asking, attempts
from builder.engine.moving.inside import batches
from builder.engine.moving.overall import notes
from builder.engine.moving.steps import end
from builder.engine.moving.work import Work
from builder.engine.states import State


def stop(work: Work, ends_as: State = State.KILLED) -> None:
    """What has not begun ends at once, what runs when its work has been cancelled; then the execution, in a state."""
    if ends_as is not State.KILLED:
        work.note(notes.ENDS_AS, ends_as.value)
    work.held = False
    work.move_execution(State.KILLING)
    work.board.blocks.clear()
    for path in reversed(list(work.board.live)):
        _kill_run(work, work.runs[path])
    work.todo.append(("enter", ""))


def _kill_run(work: Work, run: TaskRun) -> None:
    if run.state is not State.RUNNING or run.wake_at is not None:
        end(work, run, State.KILLED)
        return
    work.move(run, State.KILLING)
    if run.child is not None and asking.has_children(run):
        work.commands.append(KillChild(run.child))
    elif asking.has_children(run) and batches.are_open(run):
        work.commands += batches.kills(run)
    elif asking.has_children(run):
        end(work, work.runs[run.path], State.KILLED, attempts=attempts.closed(work, run, State.KILLED))
    elif work.node(run).flow is None:
        work.commands.append(CancelTask(run.path, run.attempts[-1].number))
    else:
        work.todo.append(("enter", run.path))
