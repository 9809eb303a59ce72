"""Steps that wait for one another."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

from pydantic import ValidationError

from builder.tasks.api import Field, FlowBlock, Form, Lane, Layout, Order, Properties, TaskGroup, model_validator


class DagStep(Properties):
    """A step with those that it waits for."""

    task: Annotated[dict[str, Any], Form("task")]
    """The step."""
    depends_on: Annotated[list[str], Form("siblings", group="step", label="Waits for")] = []
    """The steps of this DAG that must have ended first; without any it begins at once."""


class Dag(FlowBlock):
    """Run steps as soon as those they depend on have ended."""

    type_name = "io.kestra.plugin.core.flow.Dag"
    aliases = ("io.kestra.core.tasks.flows.Dag",)
    title = "DAG"
    group_fields = ("errors", "finally")
    example = """
id: graph
type: io.kestra.plugin.core.flow.Dag
tasks:
  - task:
      id: fetch
      type: io.kestra.plugin.core.log.Log
      message: First
  - task:
      id: report
      type: io.kestra.plugin.core.log.Log
      message: Second
    dependsOn:
      - fetch
"""

    tasks: Annotated[list[DagStep], Form("tasks", group="children")] = Field(min_length=1)
    """The steps, each as {task, dependsOn: [ids of other steps here]}."""
    concurrent: int = Field(0, ge=0)
    """How many run at once at most; 0 is no limit."""

    @model_validator(mode="after")
    def _is_a_graph(self) -> "Dag":
        edges = self._edges()
        for task, others in edges.items():
            for other in others:
                if other not in edges:
                    raise self._at(task, f"Not existing task id in dependency: {other}")
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            round_ = _from_first(error.args[1], list(edges))
            circle = " -> ".join([*round_, round_[0]])
            said = f"{self.id}: Cyclic dependency detected: {', '.join(round_)} (a cycle: {circle})"
            raise self._at(round_[0], said) from error
        return self

    def _at(self, task: str, message: str) -> ValidationError:
        """An error at the dependsOn of a task."""
        number = next(number for number, item in enumerate(self.tasks) if str(item.task.get("id")) == task)
        return ValidationError.from_exception_data(
            "Dag",
            [
                {
                    "type": "value_error",
                    "loc": ("tasks", number, "dependsOn"),
                    "input": self.tasks[number].depends_on,
                    "ctx": {"error": ValueError(message)},
                }
            ],
        )

    def _edges(self) -> dict[str, list[str]]:
        return {str(item.task.get("id")): list(item.depends_on) for item in self.tasks}

    @classmethod
    def groups_of(cls, written: Mapping[str, Any]) -> list[TaskGroup]:
        tasks = written.get("tasks")
        if not isinstance(tasks, list):
            return super().groups_of(written)
        inside = [
            (("tasks", number, "task"), item["task"])
            for number, item in enumerate(tasks)
            if isinstance(item, Mapping) and "task" in item
        ]
        after = {_id(item): _waits_for(item) for item in tasks if isinstance(item, Mapping)}
        return [TaskGroup("tasks", ("tasks",), inside, Order.DEPENDENCE, after), *super().groups_of(written)]

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        edges = self._edges()
        lanes = [Lane("", (task,), after=tuple(edges[task])) for task in groups.get("tasks", ())]
        return Layout(lanes, self.concurrent)


def _waits_for(item: Mapping[str, Any]) -> list[str]:
    others = item.get("dependsOn")
    return [str(other) for other in others] if isinstance(others, list) else []


def _id(item: Mapping[str, Any]) -> str:
    return str(item["task"].get("id")) if isinstance(item.get("task"), Mapping) else ""


def _from_first(circle: list[str], order: list[str]) -> list[str]:
    """The tasks of a circle, each followed by one it depends on, from the one that stands first in the text."""
    once = list(reversed(circle[1:]))
    start = min(range(len(once)), key=lambda place: order.index(once[place]))
    return once[start:] + once[:start]
