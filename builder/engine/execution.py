"""An execution and its task runs as values: all that `decide` knows, and all that the store keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from builder.engine.states import State

History = tuple[tuple[State, datetime], ...]
"""Every state a run or execution was in, with the time it got there, oldest first."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a runnable task; `number` counts from 1 and never repeats within its run.

    `lost`: "" or, when its runner vanished, "shared" or "alone" (nothing else ran in that process).
    `log_file`: the address of its log, when that is a file. `cached_from`: the execution whose outputs it took.
    """

    number: int
    state: State
    started_at: datetime
    ended_at: datetime | None = None
    message: str = ""
    lost: str = ""
    log_file: str = ""
    cached_from: str = ""


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of one task. `path` names it for ever: `each[2]/summarise`; error handlers and finally likewise.

    `value` and `iteration` belong to a run that a loop made (the run's own, not its ancestors'). `evaluated` keeps the
    answers to Evaluate commands by name, so that recovery never evaluates again. `wake_at`: a retry's or pause's end.
    `child`: the execution a Subflow started. `branch`: "errors", "finally" or "after" for handlers' runs, else "".
    `message`: why it failed, one sentence. `scope`: the path of the Loop turn whose outputs it shares, "" outside of
    one; a turn's own run is the one whose path it is. `key`: the turn's key in a map.
    """

    id: str
    path: str
    task_id: str
    state: State
    history: History
    parent: str | None = None
    value: str | None = None
    iteration: int | None = None
    branch: str = ""
    attempts: tuple[Attempt, ...] = ()
    outputs: Mapping[str, Any] | None = None
    evaluated: Mapping[str, Any] = field(default_factory=dict)
    wake_at: datetime | None = None
    child: str | None = None
    message: str = ""
    scope: str = ""
    key: str | None = None

    @property
    def is_turn(self) -> bool:
        """Whether it stands for one turn of a Loop: the block around the tasks of that turn."""
        return self.path == self.scope


_NAMES = tuple(one.name for one in fields(TaskRun))
_PLACES = {name: place for place, name in enumerate(_NAMES)}
_values = attrgetter(*_NAMES)


def changed(run: TaskRun, changes: Mapping[str, Any]) -> TaskRun:
    """The run with these changes; `dataclasses.replace` in a third of its time, as nothing is done more often."""
    values = list(_values(run))
    for name, value in changes.items():
        values[_PLACES[name]] = value
    return TaskRun(*values)


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution. `runs` is keyed by path, in order of creation. `inputs` are resolved and typed.

    `trigger`: {"id", "type", "variables"} or None. `labels` keep order, first value wins.
    `message`: why it failed when no task run can carry it (flow outputs, unknown flow ...).
    `variables`: what `vars` is once a task of the execution changed them; None: the flow's.
    `notes`: what the engine keeps for itself beside its runs (see `builder.engine.moving.overall.notes`).
    """

    id: str
    namespace: str
    flow_id: str
    revision: int
    state: State
    history: History
    created_at: datetime
    inputs: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[tuple[str, str], ...] = ()
    outputs: Mapping[str, Any] | None = None
    trigger: Mapping[str, Any] | None = None
    parent_id: str | None = None
    parent_path: str | None = None
    original_id: str = ""
    attempt_number: int = 1
    runs: Mapping[str, TaskRun] = field(default_factory=dict)
    wake_at: datetime | None = None
    message: str = ""
    variables: Mapping[str, Any] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
