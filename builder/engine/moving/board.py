"""What `decide` would otherwise look up again and again: which runs live, which wait, how far each block has come.

All of it follows from the runs. It travels with them from one decision to the next and is made anew when it is missing,
so that a decision costs what it changes and not the size of the execution.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builder.engine.execution import TaskRun
from builder.engine.moving.asking import EXIT
from builder.engine.plan import Node
from builder.engine.states import TERMINAL, State
from builder.tasks.flow.layout import Lane, Layout


@dataclass(slots=True)
class Block:
    """How far one block (or the flow itself: node None, path "") has come in its present branch."""

    path: str
    node: Node | None
    layout: Layout
    branch: str = ""
    lanes: tuple[Lane, ...] = ()
    concurrency: int = 1
    waiting: list[int] = field(default_factory=list)
    """Lanes not started, the next one last."""
    open: set[str] = field(default_factory=set)
    """Paths of the live children."""
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Lane and position of each child that was created."""
    worst: State = State.SUCCESS
    """The worst end among the main children."""
    stopped: bool = False
    """Nothing more starts in this branch."""
    finally_failed: bool = False
    turning: bool = False
    """A loop that has not yet said how it comes out."""
    exit: State | None = None
    """An Exit inside it said how it ends."""
    cut: bool = False
    """An Exit elsewhere kept tasks of it from beginning."""


class Board:
    """What follows from the runs; belongs to the newest copy of them."""

    def __init__(self, runs: Iterable[TaskRun]) -> None:
        self.live: dict[str, None] = {}
        self.counts: Counter[State] = Counter()
        self.waking: dict[str, datetime] = {}
        self.blocks: dict[str, Block] = {}
        self.exit: str | None = None
        for run in runs:
            self.add(run)

    def add(self, run: TaskRun) -> None:
        """Takes a run in."""
        if run.state not in TERMINAL:
            self.live[run.path] = None
            self.counts[run.state] += 1
        if run.wake_at is not None:
            self.waking[run.path] = run.wake_at
        self._see_exit(run)

    def change(self, old: TaskRun, new: TaskRun) -> None:
        """Takes note that a run is different now."""
        if old.state is not new.state:
            if old.state not in TERMINAL:
                self.counts[old.state] -= 1
            if new.state in TERMINAL:
                self.live.pop(new.path, None)
            else:
                self.live[new.path] = None
                self.counts[new.state] += 1
        if old.wake_at is not new.wake_at:
            self.waking.pop(new.path, None)
            if new.wake_at is not None:
                self.waking[new.path] = new.wake_at
        if old.evaluated is not new.evaluated:
            self._see_exit(new)

    def _see_exit(self, run: TaskRun) -> None:
        if EXIT in run.evaluated:
            self.exit = run.path

    def remove(self, run: TaskRun) -> None:
        """Forgets a run."""
        if self.live.pop(run.path, 0) is None:
            self.counts[run.state] -= 1
        self.waking.pop(run.path, None)
        self.blocks.pop(run.path, None)
        if self.exit == run.path:
            self.exit = None


class Seen:
    """What expressions see of the runs (`outputs`, `tasks`) by scope, and the paths that changed since it was made."""

    __slots__ = ("outputs", "stale", "states")

    def __init__(self, stale: Iterable[str]) -> None:
        self.outputs: dict[str, dict[str, Any]] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self.stale: list[str] = list(stale)
