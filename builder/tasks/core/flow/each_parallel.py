"""ForEach's older relative, everything at once."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import Ask, Children, Field, FlowBlock, Form, Lane, Layout
from builder.tasks.core.flow.looping import loop_values


class EachParallel(FlowBlock):
    """Run the same steps for each value of a list, every step of every turn at the same time."""

    type_name = "io.kestra.plugin.core.flow.EachParallel"
    aliases = ("io.kestra.core.tasks.flows.EachParallel",)
    deprecated = "io.kestra.plugin.core.flow.ForEach"
    example = """
id: each
type: io.kestra.plugin.core.flow.EachParallel
value: ["red", "green"]
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ taskrun.value }}"
"""

    value: Annotated[str | list[Any], Form("textarea", label="Values")] = Field(examples=['["red", "green"]'])
    """The list: values one by one, or an expression that gives JSON of a list."""
    concurrent: int = Field(0, ge=0)
    """How many steps run at once at most; 0 is no limit."""
    tasks: Children = Field(min_length=1)
    """The steps; all of them run side by side, for all values."""

    def asks(self) -> Mapping[str, Ask]:
        return {"value": Ask(self.value)}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        tasks = groups.get("tasks", ())
        lanes = [
            Lane(str(turn), (task,), value, turn)
            for turn, value in enumerate(loop_values(answers["value"]))
            for task in tasks
        ]
        return Layout(lanes, self.concurrent)
