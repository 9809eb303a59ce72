"""Steps side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from builder.tasks.api import Children, Field, FlowBlock, Lane, Layout, Order


class Parallel(FlowBlock):
    """Run steps at the same time."""

    type_name = "io.kestra.plugin.core.flow.Parallel"
    order = Order.PARALLEL
    aliases = ("io.kestra.core.tasks.flows.Parallel",)
    example = """
id: together
type: io.kestra.plugin.core.flow.Parallel
concurrent: 2
tasks:
  - id: first
    type: io.kestra.plugin.core.log.Log
    message: One
  - id: second
    type: io.kestra.plugin.core.log.Log
    message: Two
"""

    tasks: Children = Field(min_length=1)
    """The steps that run side by side."""
    concurrent: int = Field(0, ge=0)
    """How many run at once at most; 0 is no limit."""

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        return Layout([Lane("", (task,)) for task in groups.get("tasks", ())], self.concurrent)
