"""Reads an entry of the key-value store."""

from typing import Any

from builder.tasks.api import Field, Outputs, RunContext, TaskFailure
from builder.tasks.core.kv.entries import KvTask


class Got(Outputs):
    value: Any
    """The entry's value; nothing when there is none."""


class Get(KvTask):
    """Read the value under a key."""

    type_name = "io.kestra.plugin.core.kv.Get"
    title = "Get a value"
    example = """
id: recall
type: io.kestra.plugin.core.kv.Get
key: last_response
"""

    key: str = Field(min_length=1, examples=["last_response"])
    """The entry's name."""
    error_on_missing: bool = False
    """Fail when there is no such entry; otherwise its value is nothing."""

    async def run(self, context: RunContext) -> Got:
        value = await context.kv.get(self.key, self.namespace)
        if value is None and self.error_on_missing and not await context.kv.has(self.key, self.namespace):
            namespace = self.namespace or context.namespace
            raise TaskFailure(f"The key '{self.key}' does not exist in the namespace '{namespace}'.")
        return Got(value=value)
