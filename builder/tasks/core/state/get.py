"""Reads a state of the flow."""

from typing import Any

from builder.tasks.api import Outputs, RunContext, TaskFailure
from builder.tasks.core.state.states import StateTask


class State(Outputs):
    count: int
    """How many values the state has."""
    data: dict[str, Any]
    """The values by name; empty when there is no such state."""


class Get(StateTask):
    """Read a state of the flow; flows written today use the key-value store."""

    type_name = "io.kestra.plugin.core.state.Get"
    aliases = ("io.kestra.core.tasks.states.Get",)
    title = "Get a state"
    deprecated = "io.kestra.plugin.core.kv.Get"
    example = """
id: recall
type: io.kestra.plugin.core.state.Get
name: last
"""

    error_on_missing: bool = False
    """Fail when there is no such state."""

    async def run(self, context: RunContext) -> State:
        state = await self.state(context)
        if state is None and self.error_on_missing:
            raise TaskFailure(f"There is no state '{self.name}' yet.")
        return State(count=len(state or {}), data=state or {})
