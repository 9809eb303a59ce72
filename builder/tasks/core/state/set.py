"""Adds to a state of the flow."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, Outputs, RunContext
from builder.tasks.core.state.states import StateTask


class Kept(Outputs):
    count: int
    """How many values the state has now."""
    key: str
    """The entry of the key-value store that holds it."""


class Set(StateTask):
    """Add values to a state of the flow; flows written today use the key-value store."""

    type_name = "io.kestra.plugin.core.state.Set"
    aliases = ("io.kestra.core.tasks.states.Set",)
    title = "Set a state"
    deprecated = "io.kestra.plugin.core.kv.Set"
    example = """
id: remember
type: io.kestra.plugin.core.state.Set
name: last
data:
  id: "{{ outputs.ask.responseId }}"
"""

    data: Annotated[dict[str, Any], Form("map")] = Field({}, examples=[{"id": "{{ outputs.ask.responseId }}"}])
    """The values, which replace those of the same name."""

    async def run(self, context: RunContext) -> Kept:
        state = {**(await self.state(context) or {}), **self.data}
        await context.kv.set(self.key(context), state)
        return Kept(count=len(state), key=self.key(context))
