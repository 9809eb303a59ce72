"""Deletes all files of the execution."""

from builder.tasks.api import Outputs, RunContext
from builder.tasks.core.storage.sources import FileTask


class Purged(Outputs):
    uris: list[str]
    """The addresses of the files that were deleted."""


class PurgeCurrentExecutionFiles(FileTask):
    """Delete all files that this execution keeps: those of its inputs and of its steps.

    Logs and outputs stay, also large ones.
    """

    type_name = "io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles"
    aliases = (
        "io.kestra.core.tasks.storages.PurgeCurrentExecutionFiles",
        "io.kestra.core.tasks.storages.PurgeExecution",
        "io.kestra.plugin.core.storage.PurgeExecution",
    )
    title = "Delete this execution's files"
    example = """
id: clean_up
type: io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles
"""

    async def run(self, context: RunContext) -> Purged:
        return Purged(uris=await context.files.purge())
