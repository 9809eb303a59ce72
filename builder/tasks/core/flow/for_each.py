"""Steps for each value of a list."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import Ask, Children, Field, FlowBlock, Form, Lane, Layout, Order
from builder.tasks.core.flow.looping import loop_values


class ForEach(FlowBlock):
    """Run the same steps for each value of a list.

    Inside, `{{ taskrun.value }}` is the value and `{{ taskrun.iteration }}` its number from 0. A value that comes
    twice is taken once. After the loop, `outputs.step` holds the outputs of each turn by its value.
    """

    type_name = "io.kestra.plugin.core.flow.ForEach"
    order = Order.TURNS
    title = "For each"
    example = """
id: each
type: io.kestra.plugin.core.flow.ForEach
values: ["red", "green", "blue"]
concurrencyLimit: 2
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ taskrun.value }}"
"""

    values: Annotated[str | list[Any], Form("textarea")] = Field(examples=['["red", "green"]', "{{ inputs.names }}"])
    """The list: values one by one, or an expression that gives JSON of a list."""
    concurrency_limit: int = Field(1, ge=0)
    """How many turns run at once: 1 is one after another, 0 is all at once."""
    tasks: Children = Field(min_length=1)
    """The steps of each turn, in their order."""

    def asks(self) -> Mapping[str, Ask]:
        return {"values": Ask(self.values)}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        tasks = groups.get("tasks", ())
        lanes = [Lane(str(turn), tasks, value, turn) for turn, value in enumerate(loop_values(answers["values"]))]
        return Layout(lanes, self.concurrency_limit)
