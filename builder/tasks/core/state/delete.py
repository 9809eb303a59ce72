"""Deletes a state of the flow."""

from builder.tasks.api import Outputs, RunContext, TaskFailure
from builder.tasks.core.state.states import StateTask


class Deleted(Outputs):
    deleted: bool
    """Whether there was such a state."""


class Delete(StateTask):
    """Delete a state of the flow; flows written today use the key-value store."""

    type_name = "io.kestra.plugin.core.state.Delete"
    aliases = ("io.kestra.core.tasks.states.Delete",)
    title = "Delete a state"
    deprecated = "io.kestra.plugin.core.kv.Delete"
    example = """
id: forget
type: io.kestra.plugin.core.state.Delete
name: last
"""

    error_on_missing: bool = False
    """Fail when there is no such state."""

    async def run(self, context: RunContext) -> Deleted:
        deleted = await context.kv.delete(self.key(context))
        if not deleted and self.error_on_missing:
            raise TaskFailure(f"There is no state '{self.name}' yet.")
        return Deleted(deleted=deleted)
