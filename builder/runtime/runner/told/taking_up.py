"""What was under way when an execution was last let go of: an attempt may have acted, so it is lost, not resumed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from builder.engine.commands import BeginAgain, CancelTask, Command, RunTask
from builder.engine.decide import pending
from builder.engine.events import AttemptLost, BlockLost, Event, Started, TaskKilled, Woken
from builder.engine.execution import Execution
from builder.engine.moving import attempts
from builder.engine.moving.asking import LOST
from builder.engine.moving.overall.notes import UNSENT
from builder.engine.plan import Plan
from builder.engine.states import TERMINAL, State
from builder.runtime.runner.suspects import ALONE_LOSSES, GUILTY_LOSSES
from builder.store.executions import Claim


def under_way(plan: Plan, claim: Claim, now: datetime) -> tuple[list[Event], list[Command]]:
    """What it goes on with: what became of the commands that were under way, and those that are to be carried out."""
    events: list[Event] = []
    commands: list[Command] = []
    for command in pending(plan, claim.execution):
        event = _event_of(command, claim, now)
        (events.append(event) if event is not None else commands.append(command))
    begins = claim.execution.state in (State.CREATED, State.RESTARTED)
    return [*events, Started(now) if begins else Woken(now)], commands


def _event_of(command: Command, claim: Claim, now: datetime) -> Event | None:
    alone = claim.losses - ALONE_LOSSES
    match command:
        case RunTask() if UNSENT in claim.execution.notes:
            return None
        case RunTask(path, number):
            known = sum(attempt.lost == "alone" for attempt in claim.execution.runs[path].attempts)
            return AttemptLost(now, path, number, alone > known)
        case BeginAgain(path):
            return BlockLost(now, path, alone > claim.execution.runs[path].evaluated.get(LOST, 0))
        case CancelTask(path, number):
            return TaskKilled(now, path, number)
    return None


def unsent(execution: Execution) -> Execution:
    """The execution with a note that what it began last was not carried out."""
    return replace(execution, notes={**execution.notes, UNSENT: True})


def taken_up(execution: Execution) -> Execution:
    """The execution without that note; the same one where it has none."""
    if UNSENT not in execution.notes:
        return execution
    return replace(execution, notes={name: value for name, value in execution.notes.items() if name != UNSENT})


class InQuestion:
    """What a lost process was at: one of these may have taken it along, until all have come to an end.

    Of an execution that had not begun that is its beginning. Where it cannot be told, it stays in question to its end.
    """

    def __init__(self, claim: Claim, lost: Iterable[Event]) -> None:
        self._is_guilty = claim.losses >= GUILTY_LOSSES
        self._is_told = claim.execution.state is State.CREATED
        self._attempts = {event.path: event.attempt + 1 for event in lost if isinstance(event, AttemptLost)}
        self._blocks = {event.path for event in lost if isinstance(event, BlockLost)}
        self._is_told |= bool(self._attempts or self._blocks)
        self.is_over = False

    def look(self, execution: Execution) -> None:
        """Whether all of it is over by now. Nothing clears an execution of which a task failed for its losses."""
        if self.is_over or self._is_guilty or not self._is_told:
            return
        runs = execution.runs
        self._attempts = {
            path: number for path, number in self._attempts.items() if attempts.present(runs.get(path), number)
        }
        self._blocks = {path for path in self._blocks if path in runs and runs[path].state not in TERMINAL}
        self.is_over = not (self._attempts or self._blocks)
