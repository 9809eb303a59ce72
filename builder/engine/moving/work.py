"""The working copy of an execution while events are applied, and the one place where states change."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from builder.engine.commands import Command
from builder.engine.execution import Execution, TaskRun, changed
from builder.engine.moving.board import Seen
from builder.engine.moving.ids import run_id
from builder.engine.moving.overall import sla
from builder.engine.moving.runs import Runs, taken_over
from builder.engine.plan import Node, Plan
from builder.engine.states import MOVES, TERMINAL, State
from builder.errors import BuilderError
from builder.flows.model import Sla
from builder.tasks.flow import TURN_ID
from builder.tasks.flow.layout import Lane


class IllegalMove(BuilderError):
    """The engine tried a change of state that MOVES does not know; a fault in the engine, never in a flow."""


def check_move(what: str, old: State, new: State) -> None:
    """Raises IllegalMove unless MOVES has it."""
    if new not in MOVES[old]:
        raise IllegalMove(f"{what} cannot go from {old} to {new}. This is a fault in Millstream: please report it.")


class Work:
    """One execution being moved. `todo` holds steps still to take, so that no depth of nesting costs stack."""

    def __init__(self, plan: Plan, execution: Execution) -> None:
        self.plan = plan
        self.execution = execution
        self._given = execution.runs
        self.runs, self.board, self.seen = taken_over(execution.runs)
        self.at: datetime = execution.created_at
        self.changed: set[str] = set()
        self.commands: list[Command] = []
        self.todo: deque[tuple[str, str]] = deque()
        self.held = False
        self.moves = 0
        """How often something changed that an SLA's assertion may ask about."""
        self.broken: list[tuple[Sla, str]] = []
        """SLAs that were just found not to be kept, with the reason."""

    @property
    def killing(self) -> bool:
        return self.execution.state is State.KILLING

    @property
    def exit(self) -> TaskRun | None:
        """The run of an Exit that ends the execution, once it has."""
        return None if self.board.exit is None else self.runs[self.board.exit]

    @property
    def paused_by_hand(self) -> bool:
        """Whether a person paused the execution: it is PAUSED, but none of its runs is."""
        return self.execution.state is State.PAUSED and not self.board.counts[State.PAUSED]

    def node(self, run: TaskRun) -> Node:
        """The task that a run runs."""
        return self.plan.node(run)

    def alive(self, path: str | None) -> TaskRun | None:
        """The run at `path` while it has not ended."""
        run = self.runs.get(path) if path is not None else None
        return run if run is not None and run.state not in TERMINAL else None

    def line_of(self, run: TaskRun) -> Iterator[TaskRun]:
        """The run and the blocks around it, nearest first."""
        yield run
        while run.parent is not None:
            run = self.runs[run.parent]
            yield run

    def create(self, parent: str, lane: Lane, task_id: str, branch: str) -> TaskRun:
        """A new run, CREATED, and on the list to be begun."""
        path = child_path(parent, lane.key, task_id)
        around = self.runs.get(parent)
        turn = around if around is not None and around.is_turn else None
        run = TaskRun(
            id=run_id(self.execution.id, path),
            path=path,
            task_id=task_id if task_id != TURN_ID or around is None else around.task_id,
            state=State.CREATED,
            history=((State.CREATED, self.at),),
            parent=parent or None,
            value=turn.value if turn is not None and lane.value is None else lane.value,
            iteration=turn.iteration if turn is not None and lane.iteration is None else lane.iteration,
            branch=branch,
            scope=path if task_id == TURN_ID else around.scope if around is not None else "",
            key=lane.item_key,
        )
        self.runs.put(run)
        self.board.add(run)
        self._touch(path)
        self.todo.append(("begin", path))
        return run

    def move(self, run: TaskRun, state: State, **changes: Any) -> TaskRun:
        """The run in another state (the same one: only the changes)."""
        if state is not run.state:
            check_move(f'Task run "{run.path}"', run.state, state)
            changes["state"] = state
            changes["history"] = (*run.history, (state, self.at))
        new = changed(run, changes)
        self.runs.put(new)
        self.board.change(run, new)
        self._touch(run.path)
        return new

    def change(self, run: TaskRun, **changes: Any) -> TaskRun:
        """The run with these changes."""
        return self.move(run, run.state, **changes)

    def remove(self, paths: Iterable[str]) -> None:
        """Takes runs away (a loop's earlier turn)."""
        gone = frozenset(paths)
        for path in gone:
            self.board.remove(self.runs[path])
        self.runs = self.runs.without(gone)
        self.changed |= gone
        self.seen = Seen(self.runs)

    def move_execution(self, state: State, **changes: Any) -> None:
        """The execution in another state (the same one: only the changes)."""
        if state is not self.execution.state:
            check_move(f"Execution {self.execution.id}", self.execution.state, state)
            changes["state"] = state
            changes["history"] = (*self.execution.history, (state, self.at))
            self.moves += 1
        if changes:
            self.execution = replace(self.execution, **changes)

    def note(self, name: str, value: Any) -> None:
        """Notes something of the execution as a whole."""
        self.execution = replace(self.execution, notes={**self.execution.notes, name: value})

    def finished(self) -> Execution:
        """The execution as it is now, with its runs."""
        wake_at = self._wake_at()
        before = self._given
        if not self.changed and isinstance(before, Runs):
            before.board, before.seen = self.board, self.seen
            return self.execution if wake_at == self.execution.wake_at else replace(self.execution, wake_at=wake_at)
        return replace(self.execution, runs=self.runs.finished(self.board, self.seen), wake_at=wake_at)

    def _wake_at(self) -> datetime | None:
        if self.execution.state in TERMINAL:
            return None
        deadline = None if self.killing else sla.deadline(self.plan, self.execution)
        waking = [] if self.held else list(self.board.waking.values())
        return min([*waking, *([deadline] if deadline else [])], default=None)

    def _touch(self, path: str) -> None:
        self.moves += 1
        self.changed.add(path)
        self.seen.stale.append(path)


def child_path(parent: str, key: str, task_id: str) -> str:
    """The path of a child run: `each[2]/summarise`."""
    turn = f"[{key}]" if key else ""
    if task_id == TURN_ID:
        return f"{parent}{turn}"
    return f"{parent}{turn}/{task_id}" if parent else task_id
