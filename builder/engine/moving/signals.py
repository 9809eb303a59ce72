"""What people ask of an execution that runs: kill, pause, resume."""

from builder.engine.events import KillRequested, PauseRequested, ResumeRequested, Woken
from builder.engine.moving.happenings import go_on_after_wait, woken
from builder.engine.moving.overall.stopping import stop
from builder.engine.moving.steps import take_up
from builder.engine.moving.work import Work
from builder.engine.states import TERMINAL, State
from builder.tasks.flow.layout import Resume


def killed(work: Work, event: KillRequested) -> None:
    """Everything ends as soon as it can: what has not begun at once, what runs when its work has been cancelled."""
    state = work.execution.state
    if state in TERMINAL or state is State.KILLING:
        return
    if state in (State.CREATED, State.QUEUED):
        work.move_execution(State.KILLED)
        return
    stop(work)


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
            resume = Resume(event.at.isoformat(), event.by, event.inputs, event.decision, event.comment)
            go_on_after_wait(work, run, resume)
            return
