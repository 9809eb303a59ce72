"""Lists the keys of the key-value store."""

from builder.tasks.api import Field, Outputs, RunContext
from builder.tasks.core.kv.entries import KvTask


class Keys(Outputs):
    keys: list[str]
    """The names of the entries."""


class GetKeys(KvTask):
    """List the keys of a namespace's store."""

    type_name = "io.kestra.plugin.core.kv.GetKeys"
    title = "List keys"
    example = """
id: all_customers
type: io.kestra.plugin.core.kv.GetKeys
prefix: customer_
"""

    prefix: str = Field("", examples=["customer_"])
    """Only keys that begin with this."""

    async def run(self, context: RunContext) -> Keys:
        return Keys(keys=await context.kv.keys(self.prefix, self.namespace))
