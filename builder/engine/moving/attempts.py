"""The tries of a run: started, ended, lost with their runner, and tried again."""

from collections.abc import Sequence
from dataclasses import replace

from builder.engine.execution import Attempt, TaskRun
from builder.engine.moving.work import Work
from builder.engine.states import State

LOSSES = 3
"""So many losses in a row of an attempt that ran alone fail the task."""

LOST = "The worker process that ran this attempt is gone."


def started(work: Work, run: TaskRun) -> int:
    """Begins the next attempt, with the run RUNNING, and tells its number."""
    number = run.attempts[-1].number + 1 if run.attempts else 1
    attempt = Attempt(number, State.RUNNING, work.at)
    work.move(run, State.RUNNING, attempts=(*run.attempts, attempt), wake_at=None)
    return number


def closed(
    work: Work, run: TaskRun, state: State, message: str = "", lost: str = "", cached_from: str = ""
) -> tuple[Attempt, ...]:
    """The run's attempts with the last one ended."""
    if not run.attempts:
        return run.attempts
    last = replace(run.attempts[-1], state=state, ended_at=work.at, message=message, lost=lost, cached_from=cached_from)
    return (*run.attempts[:-1], last)


def present(run: TaskRun | None, number: int) -> bool:
    """Whether the run is working on its attempt of that number (0: the present one)."""
    if run is None or not run.attempts or run.state not in (State.RUNNING, State.KILLING):
        return False
    last = run.attempts[-1]
    return last.ended_at is None and number in (0, last.number)


def tries(run: TaskRun, attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts that a retry counts: since a person last restarted the run, lost ones left out."""
    restarts = [at for state, at in run.history if state is State.RESTARTED]
    return [
        attempt for attempt in attempts if not attempt.lost and (not restarts or attempt.started_at >= restarts[-1])
    ]


def lost_alone_in_a_row(attempts: Sequence[Attempt]) -> int:
    """How often in a row, counted from the end, an attempt was lost while it ran alone."""
    count = 0
    for attempt in reversed(attempts):
        if not attempt.lost:
            break
        count += attempt.lost == "alone"
    return count
