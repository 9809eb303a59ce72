"""What can happen to an execution. Every event carries its time; a late or repeated one changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builder.engine.states import State
from builder.tasks.world.effects import Effect


@dataclass(frozen=True, slots=True)
class Started:
    """A runner took the execution up for the first time, or again after a restart."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The answer to Evaluate. `path` None: the flow itself (its outputs)."""

    at: datetime
    path: str | None
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class EvaluationFailed:
    at: datetime
    path: str | None
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class TaskSucceeded:
    """`outputs` are JSON values, already masked. `effects`: what the task does to its execution with this.

    `cached_from`: the execution whose outputs were taken instead of running the task.
    """

    at: datetime
    path: str
    attempt: int
    outputs: Mapping[str, Any] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    cached_from: str = ""


@dataclass(frozen=True, slots=True)
class TaskFailed:
    at: datetime
    path: str
    attempt: int
    message: str
    retryable: bool = True
    outputs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LogKept:
    """The log of an attempt is a file now; the attempt's end follows."""

    at: datetime
    path: str
    attempt: int
    uri: str


@dataclass(frozen=True, slots=True)
class TaskKilled:
    """A task's work was cancelled after CancelTask."""

    at: datetime
    path: str
    attempt: int


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """The runner that had this attempt in flight is gone; a new attempt follows (at least once).

    `alone`: nothing else ran in that process; the third such loss in a row fails the task.
    """

    at: datetime
    path: str
    attempt: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class BlockLost:
    """The runner that had the folder of this block is gone: all of it is done again. `alone`: as AttemptLost's."""

    at: datetime
    path: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class ChildStarted:
    """The answer to a StartChild without `wait`: the execution is there and goes its own way."""

    at: datetime
    path: str
    child: str


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The execution a Subflow started has ended (or, with PAUSED, waits).

    `message`: why its outputs could not be had; the run fails then, whatever the child's state.
    """

    at: datetime
    path: str
    child: str
    state: State
    outputs: Mapping[str, Any] | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Woken:
    """Time has passed: whatever has `wake_at <= at` goes on."""

    at: datetime


@dataclass(frozen=True, slots=True)
class KillRequested:
    at: datetime


@dataclass(frozen=True, slots=True)
class PauseRequested:
    at: datetime


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    """`inputs` are already resolved against the Pause's onResume. `path` None: the first paused run.

    `decision` (APPROVED or DENIED) and `comment`: what a person said to an Approval.
    """

    at: datetime
    path: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    decision: str = ""
    comment: str = ""


Event = (
    Started
    | Evaluated
    | EvaluationFailed
    | TaskSucceeded
    | TaskFailed
    | TaskKilled
    | LogKept
    | AttemptLost
    | BlockLost
    | ChildStarted
    | ChildEnded
    | Woken
    | KillRequested
    | PauseRequested
    | ResumeRequested
)
