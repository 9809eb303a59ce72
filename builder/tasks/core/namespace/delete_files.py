"""Deletes files of a namespace."""

from typing import Annotated

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure
from builder.tasks.core.namespace.files import Globs, NamespaceTask, chosen, texts


class FilesDeleted(Outputs):
    deleted: int
    """How many files were deleted."""
    files: list[str]
    """Their paths."""


class DeleteFiles(NamespaceTask):
    """Delete files of a namespace. Their revisions stay until they are purged."""

    type_name = "io.kestra.plugin.core.namespace.DeleteFiles"
    title = "Delete files of a namespace"
    example = """
id: clear
type: io.kestra.plugin.core.namespace.DeleteFiles
files:
  - drafts/**
"""

    files: Globs = Field(examples=[["drafts/**"]])
    """Paths or globs of the files; the name of a folder means all that is in it."""
    delete_parent_folder: Annotated[bool, Form(group="advanced")] = False
    """Delete the folders too that are empty then; here only folders that somebody made stay empty."""
    error_on_missing: Annotated[bool, Form(group="advanced", label="Fail when there is none")] = False
    """Fail when no file fits."""

    async def run(self, context: RunContext) -> FilesDeleted:
        globs = texts(self.files, "files")
        found = chosen(await context.namespace_files.listed(self.namespace), globs)
        if not found and self.error_on_missing:
            raise TaskFailure(f"No file of the namespace fits {', '.join(globs)[:300]}.", retryable=False)
        for path in found:
            await context.namespace_files.delete(path, self.namespace, with_folders=self.delete_parent_folder)
        return FilesDeleted(deleted=len(found), files=found)
