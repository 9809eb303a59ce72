"""What was under way when an execution was last let go of: an attempt may have acted, so it is lost, not resumed."""

from datetime import datetime

from builder.engine.commands import BeginAgain, CancelTask, Command, RunTask
from builder.engine.events import AttemptLost, BlockLost, Event, TaskKilled
from builder.engine.moving.asking import LOST
from builder.runtime.runner.alone import SUSPECT_LOSSES
from builder.store.executions import Claim


def event_of(command: Command, claim: Claim, now: datetime) -> Event | None:
    """What a command that was under way means for the runner that takes the execution up; None: it is carried out."""
    alone = claim.losses - SUSPECT_LOSSES
    match command:
        case RunTask(path, number):
            known = sum(attempt.lost == "alone" for attempt in claim.execution.runs[path].attempts)
            return AttemptLost(now, path, number, alone > known)
        case BeginAgain(path):
            return BlockLost(now, path, alone > claim.execution.runs[path].evaluated.get(LOST, 0))
        case CancelTask(path, number):
            return TaskKilled(now, path, number)
    return None
