"""Keeps files of a namespace with the execution."""

from builder.tasks.api import Field, Outputs, RunContext
from builder.tasks.core.namespace.files import Globs, NamespaceTask, chosen, texts


class FilesDownloaded(Outputs):
    files: dict[str, str]
    """The files, by their paths, as kestra:// addresses of this execution."""


class DownloadFiles(NamespaceTask):
    """Copy files of a namespace to this execution."""

    type_name = "io.kestra.plugin.core.namespace.DownloadFiles"
    title = "Download files of a namespace"
    example = """
id: prompts
type: io.kestra.plugin.core.namespace.DownloadFiles
files:
  - prompts/**
"""

    files: Globs = Field(examples=[["prompts/**"]])
    """Paths or globs of the files; the name of a folder means all that is in it."""
    destination: str = ""
    """A folder put before the paths in the result."""

    async def run(self, context: RunContext) -> FilesDownloaded:
        found = chosen(await context.namespace_files.listed(self.namespace), texts(self.files, "files"))
        folder = f"{self.destination.strip('/')}/" if self.destination.strip("/") else ""
        whose = self.namespace or context.namespace
        return FilesDownloaded(files={
            f"{folder}{path}": await context.files.copy(path.rpartition("/")[2], f"nsfile://{whose}/{path}")
            for path in found
        })  # fmt: skip
