"""Deletes old revisions of a namespace's files for good."""

from datetime import datetime
from typing import Annotated, Any, Literal

from builder.tasks.api import AliasChoices, Field, Form, Outputs, Properties, RunContext
from builder.tasks.core.namespace.files import Globs, NamespaceTask, texts


class FilesPurged(Outputs):
    size: int
    """How many revisions were deleted."""


class Versions(Properties):
    """What goes: revisions beyond the newest ones, or those from before a time."""

    type: Annotated[Literal["version"], Form("hidden")] = "version"
    """Kestra's name for it."""
    keep_amount: int | None = Field(None, ge=0)
    """How many revisions of each file stay."""
    before: datetime | None = None
    """Only revisions made before then go."""


class PurgeFiles(NamespaceTask):
    """Delete old revisions of the files of namespaces for good; the latest of a file that is there stays.

    Of deleted files all revisions go, as far as they are not kept.
    """

    type_name = "io.kestra.plugin.core.namespace.PurgeFiles"
    title = "Purge old revisions of files"
    example = """
id: tidy
type: io.kestra.plugin.core.namespace.PurgeFiles
behavior:
  type: version
  keepAmount: 3
"""

    namespaces: Annotated[list[str] | None, Form(group="advanced")] = Field(None, examples=[["company.team"]])
    """Several namespaces in place of one."""
    include_child_namespaces: Annotated[bool, Form(group="advanced")] = False
    """The namespaces below them too."""
    file_pattern: Globs = Field(None, validation_alias=AliasChoices("filePattern", "files"), examples=["prompts/**"])
    """Globs of the files; all of them when it is not set."""
    behavior: Versions = Versions()
    """Which revisions go; all but the latest when nothing is set."""

    async def run(self, context: RunContext) -> FilesPurged:
        chosen: Any = self.namespaces or [self.namespace or context.namespace]
        count = await context.namespace_files.purge(
            chosen, texts(self.file_pattern, "filePattern") if self.file_pattern else [],
            keep=self.behavior.keep_amount or 0, before=self.behavior.before, children=self.include_child_namespaces,
        )  # fmt: skip
        return FilesPurged(size=count)
