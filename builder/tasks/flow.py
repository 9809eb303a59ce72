"""Flow control: tasks that have no `run` but answer pure questions about their children.

The engine asks in this order: `asks` (what must be evaluated first), `layout` (which children run, in which lanes),
`outcome` (what the worst child means for the block). State names are Kestra's, as plain text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from builder.tasks.base import Task


@dataclass(frozen=True, slots=True)
class Ask:
    """A template to evaluate before the layout is known."""

    template: Any
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """Children that run one after another. `value`/`iteration` make the lane a loop's turn; `key` is its name in paths
    ("" where the block makes only one turn). `after`: keys of lanes that must have ended first (Dag)."""

    key: str
    tasks: Sequence[str]
    value: str | None = None
    iteration: int | None = None
    after: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The lanes of a block; at most `concurrency` run at once (0: all). `outputs` are the block's own."""

    lanes: Sequence[Lane]
    concurrency: int = 1
    outputs: Mapping[str, Any] = field(default_factory=dict)


class FlowTask(Task):
    """A flow-control task. `asks`, `layout` and `outcome` must be pure; a bad answer raises TaskFailure."""

    group_fields: ClassVar[tuple[str, ...]] = ("tasks", "errors")
    """The properties (YAML keys) that hold child tasks."""

    def asks(self) -> Mapping[str, Ask]:
        """What must be evaluated, by name; the answers come to `layout` under the same names."""
        return {}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        """The lanes, from the child ids of each group (disabled ones left out) and the answers."""
        return Layout([Lane("", groups.get("tasks", ()))])

    def outcome(self, worst: str) -> str:
        """The block's state when its children came to `worst` (SUCCESS, WARNING, FAILED or KILLED)."""
        return worst
