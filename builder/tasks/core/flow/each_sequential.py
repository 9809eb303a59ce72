"""ForEach's older relative, one turn after another; and what it shares with the one that runs all at once."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import Ask, Children, Field, FlowBlock, Form, Lane, Layout, Order
from builder.tasks.core.flow.looping import loop_values


class Each(FlowBlock):
    """What both older relatives of ForEach have in common."""

    deprecated = "io.kestra.plugin.core.flow.ForEach"
    order = Order.TURNS

    value: Annotated[str | list[Any], Form("textarea", label="Values")] = Field(examples=['["red", "green"]'])
    """The list: values one by one, or an expression that gives JSON of a list."""
    tasks: Children = Field(min_length=1)
    """The steps for each value."""

    def asks(self) -> Mapping[str, Ask]:
        return {"value": Ask(self.value)}


class EachSequential(Each):
    """Run the same steps for each value of a list, one turn after another."""

    type_name = "io.kestra.plugin.core.flow.EachSequential"
    aliases = ("io.kestra.core.tasks.flows.EachSequential",)
    example = """
id: each
type: io.kestra.plugin.core.flow.EachSequential
value: ["red", "green"]
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ taskrun.value }}"
"""

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        tasks = groups.get("tasks", ())
        return Layout([Lane(str(turn), tasks, value, turn) for turn, value in enumerate(loop_values(answers["value"]))])
