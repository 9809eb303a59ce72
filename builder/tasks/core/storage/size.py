"""Says how large a file is."""

from builder.tasks.api import Field, Outputs, RunContext
from builder.tasks.core.storage.sources import FileTask


class FileSize(Outputs):
    size: int
    """How many bytes the file has."""


class Size(FileTask):
    """Tell how many bytes a file has."""

    type_name = "io.kestra.plugin.core.storage.Size"
    aliases = ("io.kestra.core.tasks.storages.Size",)
    title = "Size of a file"
    example = """
id: how_large
type: io.kestra.plugin.core.storage.Size
uri: "{{ outputs.write.uri }}"
"""

    uri: str = Field(examples=["{{ outputs.download.uri }}"])
    """The file."""

    async def run(self, context: RunContext) -> FileSize:
        return FileSize(size=await context.files.size(self.uri))
