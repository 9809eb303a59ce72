"""What goes in and out of the execution tables, beside the engine's own values."""

import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from builder.engine.execution import Execution
from builder.engine.states import State
from builder.flows.model import Concurrency, Quota

KILL, PAUSE, RESUME, CHILD_ENDED = "kill", "pause", "resume", "child-ended"
"""The kinds of signals. Payloads: resume {"path", "inputs"}; child-ended {"path", "child", "state", "outputs"}."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_id() -> str:
    """22 letters and digits that grow with time, so that neighbours in time are neighbours on disk."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    letters = []
    for _ in range(22):
        number, rest = divmod(number, 62)
        letters.append(_ALPHABET[rest])
    return "".join(reversed(letters))


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log; `level` is one of builder.tasks.world.context.LEVELS. `path` "" means the execution itself."""

    at: datetime
    level: str
    message: str
    task_id: str = ""
    path: str = ""
    run_id: str = ""
    attempt: int = 0


UNKNOWN_COST = "cost.unknown"


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One number of a task. A name with "total" and "token" adds to its execution's tokens, "cost" to cost.

    UNKNOWN_COST counts calls of which nobody knows what they cost.
    """

    at: datetime
    name: str
    value: Decimal | int | float
    unit: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    task_id: str = ""
    path: str = ""
    run_id: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class SignalRow:
    id: int
    execution_id: str
    kind: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewExecution:
    """An execution to create. `source`: the draft's text, when it runs a draft. `concurrency`: the flow's limit.

    `concurrency_key`: whom it shares that limit with, of the same flow. `due_at`: when it is to run (scheduleDate);
    None: now. `refused_when_full`: where too many wait, it is not made. `quotas`: the flow's, unless they do not count.
    """

    execution: Execution
    source: str | None = None
    concurrency: Concurrency | None = None
    concurrency_key: str = ""
    due_at: datetime | None = None
    refused_when_full: bool = False
    quotas: Sequence[Quota] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to drive an execution. `source`: the text of the flow it runs; `is_draft`: no published revision's.

    `lost`: its last runner went away with it; `alone`: one has since what is under way began; `losses`: how many more
    did after that.
    """

    execution: Execution
    epoch: int
    source: str
    lost: bool
    alone: bool
    losses: int
    signals: tuple[SignalRow, ...]
    is_draft: bool = False
    concurrency_key: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a runner wants kept of one execution, all in one transaction, as long as `epoch` is still its own.

    `changed`: paths of changed task runs; a path that is no longer in `execution.runs` is deleted.
    `consumed`: ids of signals that were obeyed. `children`: executions that come into being with this (of a Subflow, or
    the next try). `settled`: what was lost came through, its losses are forgotten.
    `altered`: its labels or variables are others than before.
    `parked`: the lease is given up with this; it goes on at `execution.wake_at` or by a signal. An execution that
    ended is given up by itself. `passed`: the states it got to since the last save, for flow triggers.
    """

    execution: Execution
    epoch: int
    changed: Collection[str] = ()
    logs: Sequence[LogLine] = ()
    metrics: Sequence[MetricPoint] = ()
    consumed: Sequence[int] = ()
    children: Sequence[NewExecution] = ()
    settled: bool = False
    altered: bool = False
    parked: bool = False
    passed: Sequence[tuple[State, datetime]] = ()


@dataclass(frozen=True, slots=True)
class SaveResult:
    """`fenced`: executions that somebody else drives by now; nothing of them was written. `ring`: whom to ring now."""

    fenced: frozenset[str] = frozenset()
    ring: tuple[str, ...] = ()
