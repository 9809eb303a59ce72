"""Makes one file of several."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, Outputs, RunContext
from builder.tasks.core.storage.sources import FileTask, bytes_of, listed, pieces


class Concatenated(Outputs):
    uri: str
    """The whole, as a kestra:// address."""


class Concat(FileTask):
    """Make one file of several, in their order."""

    type_name = "io.kestra.plugin.core.storage.Concat"
    aliases = ("io.kestra.core.tasks.storages.Concat",)
    title = "Join files"
    example = """
id: join
type: io.kestra.plugin.core.storage.Concat
files:
  - "{{ outputs.write.uri }}"
  - "{{ outputs.write.uri }}"
separator: "\\n"
extension: .txt
"""

    files: Annotated[Any, Form("textarea")] = Field(examples=[["{{ outputs.write.uri }}"]])
    """The files, as a list of addresses or an expression that gives one."""
    separator: str = ""
    """What is written after each file, the last one too."""
    extension: str = Field(".tmp", examples=[".csv"])
    """The end of the new file's name, with its dot."""

    def run(self, context: RunContext) -> Concatenated:
        separator = bytes_of(self.separator)
        with context.files.writing(f"{context.task_id}{self.extension}") as whole:
            for uri in listed(self.files):
                with context.files.open(uri) as file:
                    for piece in pieces(file):
                        whole.write(piece)
                whole.write(separator)
        return Concatenated(uri=whole.uri)
