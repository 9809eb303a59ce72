"""Flow control: tasks that have no `run` but answer pure questions about their children.

The engine asks in this order: `asks` (what must be evaluated first), `layout` (which children run, in which lanes),
`outcome` (what the worst child means for the block). State names are Kestra's, as plain text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from builder.errors import Fault, Path
from builder.flows.catalogue import Order, TaskGroup
from builder.tasks.base import Task
from builder.tasks.fields.form import Form
from builder.tasks.flow.layout import Again, Ask, Ending, Lane, Layout, Resume, Review, Rows, Turned
from builder.tasks.world.context import RunContext

Children = Annotated[list[Any], Form("tasks", group="children")]
"""A list of child tasks; whoever walks the flow checks them."""


TURN_ID = ""
"""In a lane it stands for the block of a turn (see FlowTask.turn), which has no id of its own."""


class FlowTask(Task):
    """A flow-control task. Its answers must be pure; a bad answer raises TaskFailure."""

    group_fields: ClassVar[tuple[str, ...]] = ()
    """The properties (YAML keys) that hold child tasks."""
    order: ClassVar[Order] = Order.SEQUENCE
    """How its `tasks` follow one another."""
    input_fields: ClassVar[tuple[str, ...]] = ()
    """The properties that hold input declarations (Pause.onResume)."""
    whole: ClassVar[bool] = False
    """All of it runs in one folder on one worker, and is done again as a whole when it failed or its worker is gone."""
    only_runnable: ClassVar[bool] = False
    """Its `tasks` may not be flow control."""
    category: ClassVar[str] = "Flow control"

    task_cache: Annotated[Any, Form("hidden")] = Field(None, alias="taskCache")
    """Accepted, without effect: outputs are used again by the steps that do the work."""

    @classmethod
    def advice_on(cls, written: Mapping[str, Any]) -> list[Fault]:
        if written.get("taskCache") is None:
            return []
        return [Fault(("taskCache",), "taskCache has no effect here", "It is for the steps that do the work.")]

    @classmethod
    def inputs_of(cls, written: Mapping[str, Any]) -> list[tuple[Path, Any]]:
        return [
            found
            for name in cls.input_fields
            if isinstance(written.get(name), list)
            for found in children(written[name], (name,))
        ]

    @classmethod
    def groups_of(cls, written: Mapping[str, Any]) -> list[TaskGroup]:
        """The lists of child tasks in a task as written, as far as they are lists at all."""
        return [
            TaskGroup(name, (name,), list(children(written[name], (name,))), cls._order_of(name))
            for name in cls.group_fields
            if isinstance(written.get(name), list)
        ]

    @classmethod
    def _order_of(cls, group: str) -> Order:
        return cls.order if group == "tasks" else Order.SEQUENCE

    @classmethod
    def template_of(cls, written: Mapping[str, Any]) -> tuple[str, str] | None:
        """The namespace and id of a flow whose steps stand in its place, before those it has itself."""
        return None

    def asks(self) -> Mapping[str, Ask]:
        """What must be evaluated, by name; the answers come to `layout` under the same names."""
        return {}

    def asks_then(self, answers: Mapping[str, Any]) -> Mapping[str, Ask]:
        """What must be evaluated next, once the first questions have these answers."""
        return {}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        """The lanes, from the child ids of each group (disabled ones left out) and the answers."""
        return Layout([Lane("", groups.get("tasks", ()))])

    async def act(self, name: str, value: Any, context: RunContext) -> Any:
        """Does in the world what a question that `acts` asks, and gives the answer. Raises TaskFailure."""
        raise NotImplementedError

    def outcome(self, worst: str, answers: Mapping[str, Any]) -> str:
        """The block's state when its children came to `worst` (SUCCESS, WARNING, FAILED or KILLED)."""
        return worst

    def leaves(self, state: str, answers: Mapping[str, Any]) -> bool:
        """Whether the end of the block in this state is the end of the whole execution in it."""
        return False

    def resumed(self, resume: "Resume") -> Mapping[str, Any]:
        """The outputs of a block whose wait ended, with what a person gave to it. What they hold as "decision" is known
        to `layout` and `outcome` as the answer "waited"."""
        return {}

    @property
    def review(self) -> Review | None:
        """What a person is asked for when the wait is a review."""
        return None

    def child_started(self, child: str) -> Mapping[str, Any]:
        """The outputs once the execution `child` is there."""
        return {}

    def child_ended(self, child: str, state: str, outputs: Mapping[str, Any] | None) -> Ending:
        """The end of a block whose child execution came to `state` with these flow outputs."""
        return Ending(state)

    def turn(self) -> "FlowTask | None":
        """The block of one turn, for a loop whose turns are blocks of their own with their own outputs; it gets the
        loop's groups of children. Such a loop lays out lanes of one TURN_ID each."""
        return None

    def turns_ended(self, turns: Sequence[Turned], answers: Mapping[str, Any]) -> Rows | None:
        """What the turns gave, of a loop whose turns are blocks of their own."""
        return None

    @property
    def goes_on_after_failure(self) -> bool:
        """Whether children that have not begun begin although one failed."""
        return False

    def end_asks(self) -> Mapping[str, Ask]:
        """What must be evaluated when the block has come to its state, before it ends."""
        return {}

    def inner(self) -> "Sequence[Inner]":
        """Steps that it makes itself, in place of its group of tasks."""
        return ()

    def batches_ended(self, counts: Mapping[str, int]) -> Ending:
        """The end of a block of batches, by how many came to each state."""
        return Ending("SUCCESS")

    def gathered(self, uri: str) -> Mapping[str, Any]:
        """The outputs of a block that gathered those of batches in a file."""
        return {}

    @property
    def restarts_children(self) -> bool:
        """Whether a restart restarts the child executions that failed, instead of making new ones."""
        return False

    def turn_asks(self) -> Mapping[str, Ask]:
        """What must be evaluated at the end of each turn of a loop."""
        return {}

    def turn_ended(self, answers: Mapping[str, Any], turn: int, elapsed_seconds: float) -> Again | Ending:
        """Whether the loop goes on after turn number `turn` (from 1), `elapsed_seconds` after its start."""
        return Ending("SUCCESS")

    def turn_lanes(self, groups: Mapping[str, Sequence[str]], turn: int) -> Layout:
        """The lanes of one turn, and the outputs that hold during it."""
        return Layout([Lane(str(turn), groups.get("tasks", ()), iteration=turn)])


@dataclass(frozen=True, slots=True)
class Inner:
    """A step that a flow-control task makes itself: its class and properties and, for flow control, the task."""

    task: type[Task]
    properties: Mapping[str, Any]
    flow: FlowTask | None = None


class FlowBlock(FlowTask):
    """A flow-control task with tasks inside, and so with errors and finally."""

    group_fields: ClassVar[tuple[str, ...]] = ("tasks", "errors", "finally")

    errors: Children = []
    """Steps that run when one of the steps inside fails."""
    finally_: Annotated[list[Any], Form("tasks", group="children", label="Finally")] = Field([], alias="finally")
    """Steps that run at the end whatever happened inside, after those of errors."""


def children(tasks: Sequence[Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """Each task of a list with its path."""
    return (((*path, number), task) for number, task in enumerate(tasks))
