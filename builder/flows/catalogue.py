"""What the flow language wants to know of task and trigger types; `builder.tasks.catalogue` answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from builder.errors import Fault, Path


class Kind(StrEnum):
    """Where in a flow a type may stand."""

    TASK = "task"
    TRIGGER = "trigger"
    CONDITION = "condition"


class Order(StrEnum):
    """How the tasks of a group follow one another."""

    SEQUENCE = "sequence"
    PARALLEL = "parallel"
    DEPENDENCE = "dependence"
    TURNS = "turns"


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A list of child tasks inside a flowable task: `name` is "tasks", "then", "else", "errors", "cases.spam" ...

    `path` is relative to the task; a Dag's children stand one deeper, so each child's own path is given. `after`: in a
    group of dependence, by the id of a child the ids of those that it waits for.
    """

    name: str
    path: Path
    tasks: Sequence[tuple[Path, Any]]
    order: Order = Order.SEQUENCE
    after: Mapping[str, Sequence[str]] = field(default_factory=dict)


class PluginType(Protocol):
    """A task, trigger or condition type as the language sees it."""

    @property
    def name(self) -> str:
        """The canonical type name."""
        ...

    @property
    def kind(self) -> Kind: ...

    def check(self, written: Mapping[str, Any]) -> list[Fault]:
        """What is wrong with the properties as written (common ones such as retry and timeout included; child
        tasks excluded: the checker walks those itself). A value that holds `{{ }}` or `{% %}` passes."""
        ...

    def groups(self, written: Mapping[str, Any]) -> list[TaskGroup]:
        """The lists of child tasks, as far as they are lists at all; empty for runnable tasks."""
        ...

    @property
    def is_flow_control(self) -> bool:
        """Whether it orders other tasks and does no work itself."""
        ...

    @property
    def only_runnable(self) -> bool:
        """Whether its `tasks` may not be flow control."""
        ...

    def inputs(self, written: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        """Input declarations that the type holds itself (Pause.onResume), each with its relative path."""
        ...


class Catalogue(Protocol):
    """All types that are known here."""

    def find(self, name: str) -> PluginType | None:
        """The type of this name or alias."""
        ...

    def nearest(self, name: str, kind: Kind) -> str | None:
        """The known name most like this one, for "did you mean"; None when nothing is near."""
        ...
