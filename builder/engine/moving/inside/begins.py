"""How a run begins to wait: for a child execution, for a time, or for a person."""

from datetime import datetime, timedelta

from builder.engine.commands import StartChild
from builder.engine.execution import TaskRun
from builder.engine.moving import asking, attempts
from builder.engine.moving.ids import child_id
from builder.engine.moving.work import Work
from builder.engine.states import State
from builder.tasks.flow.layout import Layout, Wait


def start_child(work: Work, run: TaskRun, layout: Layout) -> None:
    assert layout.child is not None
    again = run.child
    if again is not None and attempts.present(run, 0):
        return
    run = work.runs[run.path]
    number = attempts.started(work, run)
    child = again or child_id(work.execution.id, run.path, number)
    node = work.node(run)
    outputs = {**layout.outputs, **node.flow.child_started(child)} if node.flow else {}
    noted = {**asking.without(run, asking.AGAIN), **({asking.AGAIN: True} if again is not None else {})}
    work.change(work.runs[run.path], child=child, outputs=outputs, evaluated=noted)
    request = StartChild(run.path, child, layout.child.request, layout.child.wait, again=again is not None)
    work.commands.append(request)


def start_wait(work: Work, run: TaskRun, wait: Wait) -> None:
    wake_at = None if wait.seconds is None else work.at + timedelta(seconds=wait.seconds)
    if wait.until:
        wake_at = datetime.fromisoformat(wait.until)
    work.move(run, State.PAUSED if wait.paused else State.RUNNING, wake_at=wake_at)
