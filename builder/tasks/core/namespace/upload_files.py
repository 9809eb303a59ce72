"""Keeps files in a namespace."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure, list_local_files
from builder.tasks.core.namespace.files import Globs, NamespaceTask, texts


class Uploaded(Outputs):
    files: dict[str, str]
    """The files that were kept, by their paths in the namespace, as addresses."""


class UploadFiles(NamespaceTask):
    """Keep files in a namespace, for later executions and other flows to read."""

    type_name = "io.kestra.plugin.core.namespace.UploadFiles"
    title = "Upload files to a namespace"
    example = """
id: publish
type: io.kestra.plugin.core.namespace.UploadFiles
filesMap:
  prompts/hello.txt: "{{ outputs.write.uri }}"
destination: shared
"""

    files: Globs = Field(None, examples=[["out/**"]])
    """Globs of files in the working directory, or addresses of files of the execution."""
    files_map: Annotated[Any, Form("map", label="Files by path")] = Field(None, examples=[{"a.txt": "kestra:///..."}])
    """A map of paths in the namespace to the addresses of files; or an expression that gives one."""
    destination: str = ""
    """The folder in the namespace; its top when it is not set."""
    conflict: Annotated[Literal["OVERWRITE", "ERROR", "SKIP"], Form(label="When a file is there")] = "OVERWRITE"
    """Replace a file that is there (it gets a revision), fail, or leave it as it is."""

    async def run(self, context: RunContext) -> Uploaded:
        sources = {**self._by_glob(context), **self._by_path()}
        if not sources and self.files is None and self.files_map is None:
            raise TaskFailure("Set files or filesMap.", retryable=False)
        done = {}
        there = set(await context.namespace_files.listed(self.namespace)) if self.conflict == "SKIP" else set()
        for name, source in sources.items():
            path = "/".join(part for part in (self.destination.strip("/"), name.lstrip("/")) if part)
            if path not in there:
                done[path] = await context.namespace_files.put(
                    path, source, self.namespace, overwrite=self.conflict != "ERROR"
                )
        return Uploaded(files=done)

    def _by_glob(self, context: RunContext) -> dict[str, Any]:
        if self.files is None:
            return {}
        given = texts(self.files, "files")
        addresses = [one for one in given if "://" in one]
        found: dict[str, Any] = {one.rpartition("/")[2]: one for one in addresses}
        globs = [one for one in given if one not in addresses]
        return {**found, **(list_local_files(context.working_dir, globs) if globs else {})}

    def _by_path(self) -> dict[str, Any]:
        files = self.files_map
        if isinstance(files, str):
            try:
                files = json.loads(files)
            except ValueError as error:
                raise TaskFailure("filesMap is neither a map nor the JSON text of one.", retryable=False) from error
        if files is None:
            return {}
        if not isinstance(files, Mapping) or not all(isinstance(uri, str) for uri in files.values()):
            raise TaskFailure("filesMap must be a map of paths to the addresses of files.", retryable=False)
        return dict(files)
