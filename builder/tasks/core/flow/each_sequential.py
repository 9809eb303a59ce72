"""ForEach's older relative, one turn after another."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import Ask, Children, Field, FlowBlock, Form, Lane, Layout
from builder.tasks.core.flow.looping import loop_values


class EachSequential(FlowBlock):
    """Run the same steps for each value of a list, one turn after another."""

    type_name = "io.kestra.plugin.core.flow.EachSequential"
    aliases = ("io.kestra.core.tasks.flows.EachSequential",)
    deprecated = "io.kestra.plugin.core.flow.ForEach"
    example = """
id: each
type: io.kestra.plugin.core.flow.EachSequential
value: ["red", "green"]
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ taskrun.value }}"
"""

    value: Annotated[str | list[Any], Form("textarea", label="Values")] = Field(examples=['["red", "green"]'])
    """The list: values one by one, or an expression that gives JSON of a list."""
    tasks: Children = Field(min_length=1)
    """The steps of each turn, in their order."""

    def asks(self) -> Mapping[str, Ask]:
        return {"value": Ask(self.value)}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        tasks = groups.get("tasks", ())
        return Layout([Lane(str(turn), tasks, value, turn) for turn, value in enumerate(loop_values(answers["value"]))])
