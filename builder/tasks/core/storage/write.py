"""Writes a text into a file of the execution."""

import re
from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, Outputs, RunContext, field_validator, holds_template

_EXTENSION = re.compile(r"(\.[A-Za-z0-9_-]{1,20}){1,3}")


class Written(Outputs):
    uri: str
    """The file, as a kestra:// address."""


class Write(KestraTask):
    """Write a text into a file that other steps can read, attach or download."""

    type_name = "io.kestra.plugin.core.storage.Write"
    aliases = ("io.kestra.core.tasks.storages.Write",)
    title = "Write a file"
    category = "Files"
    example = """
id: report
type: io.kestra.plugin.core.storage.Write
content: "{{ outputs.ask.outputText }}"
extension: .md
"""

    content: Annotated[str, Form("textarea")] = Field(examples=["{{ outputs.ask.outputText }}"])
    """What the file holds."""
    extension: str = Field("", examples=[".txt"])
    """The end of the file's name, with its dot."""

    @field_validator("extension")
    @classmethod
    def _is_an_extension(cls, extension: str) -> str:
        if extension and not holds_template(extension) and not _EXTENSION.fullmatch(extension):
            raise ValueError("an extension is a dot and letters, such as .txt")
        return extension

    async def run(self, context: RunContext) -> Written:
        return Written(uri=await context.files.put(f"{context.task_id}{self.extension}", self.content.encode()))
