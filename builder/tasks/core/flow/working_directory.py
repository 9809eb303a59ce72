"""Steps that share one folder."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from builder.tasks.api import (
    Again,
    Ask,
    Children,
    Ending,
    Field,
    FlowBlock,
    Form,
    Lane,
    Layout,
    NamespaceFiles,
    Outputs,
    RunContext,
    bring_in,
    bring_namespace_files,
    field_validator,
    take_out,
)
from builder.tasks.core.flow.caching import ARCHIVE, Cache, pack, unpack


class Kept(Outputs):
    output_files: dict[str, str]
    """The files that were kept: kestra:// addresses by their paths in the folder."""


class WorkingDirectory(FlowBlock):
    """Run steps one after another in one folder, so that each finds the files of those before it.

    All of it runs on one worker. When a step fails the ones behind it are left out, and a restart does the whole
    again, in a new folder. The folder goes when the last step has ended; files of it are kept by outputFiles.
    """

    type_name = "io.kestra.plugin.core.flow.WorkingDirectory"
    aliases = ("io.kestra.core.tasks.flows.WorkingDirectory", "io.kestra.core.tasks.flows.Worker")
    title = "Working directory"
    gives = Kept
    whole = True
    only_runnable = True
    example = """
id: folder
type: io.kestra.plugin.core.flow.WorkingDirectory
inputFiles:
  in/name.txt: Ada
outputFiles:
  - out/*
tasks:
  - id: write
    type: io.kestra.plugin.core.storage.LocalFiles
    inputs:
      out/hello.txt: Hello
  - id: keep
    type: io.kestra.plugin.core.storage.LocalFiles
    outputs:
      - in/*
"""

    tasks: Children = []
    """The steps, in their order; no flow control."""
    input_files: Annotated[Any, Form("map", group="files")] = Field(None, examples=[{"query.sql": "select 1"}])
    """Files to write first: a map of paths to their content or to the address of a file; or an expression for one."""
    output_files: Annotated[list[str] | str | None, Form(group="files")] = Field(None, examples=[["out/*"]])
    """Globs of the files to keep at the end: {{ outputs.<this step>.outputFiles['out/a.txt'] }}."""
    namespace_files: Annotated[NamespaceFiles | None, Form(group="files")] = None
    """Files of the namespace to lay into the folder first."""
    cache: Annotated[Cache | None, Form(group="files")] = None
    """Files to keep from one execution to the next."""

    @field_validator("tasks")
    @classmethod
    def _has_tasks(cls, tasks: list[Any]) -> list[Any]:
        if not tasks:
            raise ValueError("The 'tasks' property cannot be empty")
        return tasks

    def asks(self) -> Mapping[str, Ask]:
        return {"opened": Ask({"inputFiles": self.input_files, "namespaceFiles": self._wanted()}, acts=True)}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        return Layout((), turns=True)

    def turn_lanes(self, groups: Mapping[str, Sequence[str]], turn: int) -> Layout:
        return Layout([Lane("", groups.get("tasks", ()))], turns=True)

    def turn_asks(self) -> Mapping[str, Ask]:
        globs = [self.output_files] if isinstance(self.output_files, str) else self.output_files
        patterns = self.cache.patterns if self.cache is not None else []
        return {"closed": Ask({"outputFiles": globs or [], "cache": patterns}, acts=True)}

    def turn_ended(self, answers: Mapping[str, Any], turn: int, elapsed_seconds: float) -> Again | Ending:
        return Ending("SUCCESS", outputs={"outputFiles": answers["closed"]} if self.output_files else {})

    async def act(self, name: str, value: Any, context: RunContext) -> Any:
        if name == "opened":
            await bring_namespace_files(context, NamespaceFiles.read_rendered(value["namespaceFiles"]))
            if self.cache is not None:
                await self._restore(context, self.cache)
            await bring_in(context, value["inputFiles"])
            return True
        if value["cache"]:
            await self._keep(context, value["cache"])
        return await take_out(context, value["outputFiles"])

    def _wanted(self) -> Any:
        return None if self.namespace_files is None else self.namespace_files.model_dump(mode="json", by_alias=True)

    async def _restore(self, context: RunContext, cache: Cache) -> None:
        seconds = None if cache.ttl is None else cache.ttl.total_seconds()
        archive = context.working_dir / ARCHIVE
        if await context.files.fetch_cache(self.id, archive, newest_seconds=seconds):
            count = await asyncio.to_thread(unpack, archive, context.working_dir)
            context.log("DEBUG", f"{count} files come from the cache.")
        else:
            context.log("DEBUG", "The cache is empty or too old.")

    async def _keep(self, context: RunContext, patterns: Sequence[str]) -> None:
        archive = context.working_dir / ARCHIVE
        try:
            if await asyncio.to_thread(pack, archive, context.working_dir, patterns):
                await context.files.keep_cache(self.id, archive)
        finally:
            archive.unlink(missing_ok=True)
