"""What people ask of an execution that runs: kill, pause, resume."""

from builder.engine.commands import CancelTask, KillChild
from builder.engine.events import KillRequested, PauseRequested, ResumeRequested, Woken
from builder.engine.execution import TaskRun
from builder.engine.moving.happenings import go_on_after_wait, woken
from builder.engine.moving.steps import end, take_up
from builder.engine.moving.work import Work
from builder.engine.states import TERMINAL, State


def killed(work: Work, event: KillRequested) -> None:
    """Everything ends as soon as it can: what has not begun at once, what runs when its work has been cancelled."""
    state = work.execution.state
    if state in TERMINAL or state is State.KILLING:
        return
    if state in (State.CREATED, State.QUEUED):
        work.move_execution(State.KILLED)
        return
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
    if run.child is not None:
        work.commands.append(KillChild(run.child))
    elif work.node(run).flow is None:
        work.commands.append(CancelTask(run.path, run.attempts[-1].number))
    else:
        work.todo.append(("enter", run.path))


def paused(work: Work, event: PauseRequested) -> None:
    """Nothing new begins until somebody resumes; what runs goes on to its end."""
    if work.execution.state is State.RUNNING:
        work.move_execution(State.PAUSED)
        work.held = True


def resumed(work: Work, event: ResumeRequested) -> None:
    """A pause by hand ends, or else the wait of one paused run."""
    if work.held:
        work.held = False
        work.move_execution(State.RESTARTED)
        work.move_execution(State.RUNNING)
        take_up(work)
        woken(work, Woken(event.at))
        return
    for path in [event.path] if event.path is not None else list(work.board.live):
        run = work.alive(path)
        if run is not None and run.state is State.PAUSED:
            if work.execution.state is State.PAUSED:
                work.move_execution(State.RESTARTED)
                work.move_execution(State.RUNNING)
            go_on_after_wait(work, run, event.inputs)
            return
