"""What a flow-control task answers: how its block is laid out, what it waits for, how its turns and itself end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ask:
    """A template to evaluate before the layout is known. `acts`: the answer is what `FlowTask.act` makes of it."""

    template: Any
    typed: bool = False
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """Children that run one after another. `value`/`iteration` make the lane a loop's turn; `key` is its name in paths
    ("" where the block makes only one turn). `after`: ids of sibling tasks that must have ended first (Dag).
    `item_key`: the key of a turn's value in a map."""

    key: str
    tasks: Sequence[str]
    value: str | None = None
    iteration: int | None = None
    after: Sequence[str] = ()
    item_key: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The block waits before its lanes run: for `seconds`, or (None) for a person. `paused`: it shows as PAUSED.

    `at_end`: what the end of the time means: RESUME, WARN, FAIL or CANCEL; a person's resume always resumes.
    `message`: why the block fails or is cancelled then. `until`: the time (ISO 8601) at which it ends, however late it
    begins, in place of `seconds`.
    """

    seconds: float | None = None
    paused: bool = True
    at_end: str = "RESUME"
    message: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """The end of a wait at a time (ISO 8601): by a person with inputs, decision and comment; `by` None: by itself."""

    on: str
    by: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    decision: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A wait that ends by a yes or a no: what the two are called, and which of them (by their results, such as DENIED)
    need a comment."""

    approve: str
    deny: str
    commented: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Child:
    """An execution of another flow that the block starts; `request` is StartChild's."""

    request: Mapping[str, Any]
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Batches:
    """An execution for each value of the output of a sibling step; `request` is StartChild's, as templates that see the
    value as `taskrun.items` and its number as `taskrun.iteration`."""

    sibling: str
    output: str
    request: Mapping[str, Any]
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """The lanes of a block; at most `concurrency` run at once (0: all). `outputs` are the block's own.

    `wait` comes before the lanes, and the steps of `before` come before that; `child` stands in their place, or
    `batches` does; with `turns` the lanes are made again for each turn. `gathers`: the sibling whose batches' outputs
    are kept as a file.
    """

    lanes: Sequence[Lane]
    concurrency: int = 1
    outputs: Mapping[str, Any] = field(default_factory=dict)
    wait: Wait | None = None
    before: Sequence[str] = ()
    child: Child | None = None
    turns: bool = False
    batches: Batches | None = None
    gathers: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a block ends: its state, its last word on its outputs (None: as they were), and why it failed."""

    state: str
    outputs: Mapping[str, Any] | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """A loop takes another turn after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Turned:
    """How one turn of a loop came out; `index` counts from 0."""

    state: str
    value: str | None
    index: int
    key: str | None
    outputs: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What all turns gave: the loop's outputs, and rows to keep as lines of a file, whose address is then "uri"."""

    outputs: Mapping[str, Any]
    rows: Sequence[Any] | None = None
