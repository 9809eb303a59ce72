"""Steps that wait for one another."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

from builder.tasks.api import Field, FlowTask, Form, Lane, Layout, TaskGroup, model_validator


class Dag(FlowTask):
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

    tasks: Annotated[list[dict[str, Any]], Form("tasks", group="children")] = Field(min_length=1)
    """The steps, each as {task, dependsOn: [ids of other steps here]}."""
    concurrent: int = Field(0, ge=0)
    """How many run at once at most; 0 is no limit."""

    @model_validator(mode="after")
    def _is_a_graph(self) -> "Dag":
        edges = self._edges()
        for needed in (other for others in edges.values() for other in others):
            if needed not in edges:
                raise ValueError(f"Not existing task id in dependency: {needed}")
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            raise ValueError(f"Cyclic dependency detected: {', '.join(dict.fromkeys(error.args[1]))}") from error
        return self

    def _edges(self) -> dict[str, list[str]]:
        return {
            str(item["task"].get("id")): [str(other) for other in item.get("dependsOn") or ()]
            for item in self.tasks if isinstance(item.get("task"), Mapping)
        }

    @classmethod
    def groups_of(cls, written: Mapping[str, Any]) -> list[TaskGroup]:
        tasks = written.get("tasks")
        if not isinstance(tasks, list):
            return super().groups_of(written)
        inside = [(("tasks", number, "task"), item["task"])
                  for number, item in enumerate(tasks) if isinstance(item, Mapping) and "task" in item]
        return [TaskGroup("tasks", ("tasks",), inside), *super().groups_of(written)]

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        edges = self._edges()
        lanes = [Lane("", (task,), after=tuple(edges[task])) for task in groups.get("tasks", ())]
        return Layout(lanes, self.concurrent)
