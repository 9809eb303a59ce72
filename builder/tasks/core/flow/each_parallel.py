"""ForEach's older relative, everything at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.tasks.api import Field, Lane, Layout
from builder.tasks.core.flow.each_sequential import Each
from builder.tasks.core.flow.looping import loop_values


class EachParallel(Each):
    """Run the same steps for each value of a list, every step of every turn at the same time."""

    type_name = "io.kestra.plugin.core.flow.EachParallel"
    aliases = ("io.kestra.core.tasks.flows.EachParallel",)
    example = """
id: each
type: io.kestra.plugin.core.flow.EachParallel
value: ["red", "green"]
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ taskrun.value }}"
"""

    concurrent: int = Field(0, ge=0)
    """How many steps run at once at most; 0 is no limit."""

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        tasks = groups.get("tasks", ())
        lanes = [
            Lane(str(turn), (task,), value, turn)
            for turn, value in enumerate(loop_values(answers["value"]))
            for task in tasks
        ]
        return Layout(lanes, self.concurrent)
