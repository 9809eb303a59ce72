"""Deletes a file of the execution."""

from typing import Annotated

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure
from builder.tasks.core.storage.sources import FileTask


class Deleted(Outputs):
    uri: str
    """The file's address."""
    deleted: bool
    """Whether it was there."""


class Delete(FileTask):
    """Delete a file that the execution keeps."""

    type_name = "io.kestra.plugin.core.storage.Delete"
    aliases = ("io.kestra.core.tasks.storages.Delete",)
    title = "Delete a file"
    example = """
id: forget
type: io.kestra.plugin.core.storage.Delete
uri: "{{ outputs.write.uri }}"
"""

    uri: str = Field(examples=["{{ outputs.download.uri }}"])
    """The file to delete."""
    error_on_missing: Annotated[bool, Form(label="Fail when it is not there")] = False
    """Fail when there is no such file."""

    async def run(self, context: RunContext) -> Deleted:
        deleted = await context.files.delete(self.uri)
        if not deleted and self.error_on_missing:
            raise TaskFailure(f"Unable to find file '{self.uri}'", retryable=False)
        return Deleted(uri=self.uri, deleted=deleted)
