"""Deletes an entry of the key-value store."""

from builder.tasks.api import Field, Outputs, RunContext, TaskFailure
from builder.tasks.core.kv.entries import KvTask


class Deleted(Outputs):
    deleted: bool
    """Whether there was such an entry."""


class Delete(KvTask):
    """Delete the value under a key."""

    type_name = "io.kestra.plugin.core.kv.Delete"
    title = "Delete a value"
    example = """
id: forget
type: io.kestra.plugin.core.kv.Delete
key: last_response
"""

    key: str = Field(min_length=1, examples=["last_response"])
    """The entry's name."""
    error_on_missing: bool = False
    """Fail when there is no such entry."""

    async def run(self, context: RunContext) -> Deleted:
        deleted = await context.kv.delete(self.key, self.namespace)
        if not deleted and self.error_on_missing:
            namespace = self.namespace or context.namespace
            raise TaskFailure(f"The key '{self.key}' does not exist in the namespace '{namespace}'.")
        return Deleted(deleted=deleted)
