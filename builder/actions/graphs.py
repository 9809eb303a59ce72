"""The tree of a flow's text, which its graph is made of; and what became of each of its steps in an execution."""

from collections.abc import Mapping
from dataclasses import dataclass

from builder.engine.execution import Execution, TaskRun
from builder.engine.states import TERMINAL, State
from builder.errors import InvalidFlow
from builder.flows.document import parse
from builder.flows.graph.tree import Tree, read_tree
from builder.store import births
from builder.tasks.catalogue import catalogue

_ORDER = (State.FAILED, State.KILLED, State.WARNING, State.CANCELLED)
"""What is told first of the runs of one step that have ended."""


def tree_of(source: str) -> Tree:
    """The tree of a flow's text, with problems or without. Raises InvalidFlow for a text that cannot be read."""
    document = parse(source, limits=births.limits())
    data = {} if document.data is None and not document.problems else document.data
    if not isinstance(data, Mapping):
        raise InvalidFlow(
            document.problems or [document.problem((), "a flow is a map", "Begin it with id: and a name.")]
        )
    return read_tree(data, catalogue())


@dataclass(frozen=True, slots=True)
class Become:
    """The runs of one step taken together: one that runs comes first, then one that went wrong; `count` of all."""

    state: State
    run: TaskRun
    count: int


def became(execution: Execution) -> Mapping[str, Become]:
    """What became of each step, by its id."""
    runs: dict[str, list[TaskRun]] = {}
    for run in execution.runs.values():
        if not run.is_turn:
            runs.setdefault(run.task_id, []).append(run)
    return {task_id: _together(found) for task_id, found in runs.items()}


def _together(runs: list[TaskRun]) -> Become:
    going = next((run for run in reversed(runs) if run.state not in TERMINAL), None)
    wrong = (run for state in _ORDER for run in runs if run.state is state)
    shown = going or next(wrong, None) or runs[-1]
    return Become(shown.state, shown, len(runs))
