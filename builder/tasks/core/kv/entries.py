"""What the tasks of the key-value store have in common."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask


class KvTask(KestraTask):
    """A task on the key-value store of a namespace."""

    category = "Key-value store"

    namespace: Annotated[str | None, Form(group="advanced", placeholder="the flow's own")] = Field(
        None, examples=["company.team"]
    )
    """Whose store it is; the flow's own namespace when it is not set."""
