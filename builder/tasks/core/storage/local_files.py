"""Writes files into the working directory and keeps files of it."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, Outputs, RunContext, bring_in, take_out
from builder.tasks.core.storage.sources import FileTask


class LocalOutputs(Outputs):
    uris: dict[str, str]
    """The files that were kept, by their paths, as kestra:// addresses."""


class LocalFiles(FileTask):
    """Write files into the working directory, and keep files of it with the execution.

    It works together with the steps beside it in a WorkingDirectory, whose inputFiles and outputFiles do the same.
    """

    type_name = "io.kestra.plugin.core.storage.LocalFiles"
    aliases = ("io.kestra.core.tasks.storages.LocalFiles",)
    title = "Local files"
    example = """
id: files
type: io.kestra.plugin.core.storage.LocalFiles
inputs:
  out/hello.txt: Hello
outputs:
  - out/*
"""

    inputs: Annotated[Any, Form("map", label="Files to write")] = Field(None, examples=[{"hello.txt": "Hello"}])
    """Files to write: a map of paths to their content or to the address of a file; or an expression that gives one."""
    outputs: Annotated[list[str] | None, Form(label="Files to keep")] = Field(None, examples=[["out/*"]])
    """Globs of the files to keep with the execution."""

    async def run(self, context: RunContext) -> LocalOutputs:
        await bring_in(context, self.inputs)
        return LocalOutputs(uris=await take_out(context, self.outputs or []))
