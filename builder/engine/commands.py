"""What `decide` asks the runner to do. Carrying one out twice is harmless: its answer names run and attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Render `template` with the variables of run `path` (None: the flow) and answer Evaluated or EvaluationFailed.

    `typed`: a lone expression keeps its native type. `name` is e.g. "runIf", "condition", "values", "outputs".
    `acts`: the answer is what the task's `act` makes of the rendered value, in the folder of the block.
    """

    path: str | None
    name: str
    template: Any
    typed: bool = False
    acts: bool = False


@dataclass(frozen=True, slots=True)
class RunTask:
    """Run the task of run `path`, as attempt `attempt`; answer TaskSucceeded, TaskFailed or TaskKilled."""

    path: str
    attempt: int


@dataclass(frozen=True, slots=True)
class CancelTask:
    path: str
    attempt: int


@dataclass(frozen=True, slots=True)
class StartChild:
    """Create execution `child` of another flow (in the same transaction as this decision) for run `path`.

    `request` is what the Subflow task evaluated: namespace, flowId, revision, inputs, labels, inheritLabels and
    scheduleDate; and `outputs`, raw: templates to render with the child's variables when it ends, if its flow declares
    no outputs.
    With `wait` the answer is ChildEnded, without it ChildStarted; a flow or inputs that do not exist answer TaskFailed
    at attempt 0 (meaning: the run's present attempt). ChildStarted comes in any case.
    `taskrun`: it is one of many children, `path` names the batch; the request is still to be rendered, with this in
    `taskrun`, and whatever goes wrong answers ChildEnded. `again`: a child that failed is restarted.
    """

    path: str
    child: str
    request: Mapping[str, Any] = field(default_factory=dict)
    wait: bool = True
    taskrun: Mapping[str, Any] | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class KeepRows:
    """Write the rows as a file of the execution, one line of JSON each, and answer Evaluated with its address.

    `children`: executions whose outputs are the rows.
    """

    path: str
    name: str
    rows: tuple[Any, ...] = ()
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KillChild:
    """Ask a child to end; the answer is ChildEnded. `path`: the batch it belongs to, where the run has many."""

    child: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class BeginAgain:
    """Only from `pending`: the folder in which the block `path` worked is gone with its runner; answer BlockLost."""

    path: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The execution ended RETRIED: create the one that follows it (`replay.tried_again`), to run at `due_at`, in the
    same transaction as this decision. No answer."""

    due_at: datetime


Command = Evaluate | RunTask | CancelTask | StartChild | KillChild | BeginAgain | KeepRows | TryAgain
