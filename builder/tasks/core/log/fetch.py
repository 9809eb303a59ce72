"""Writes the log of an execution into a file."""

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, Level, Outputs, RunContext

_LINES_AT_ONCE = 500


class Fetched(Outputs):
    size: int
    """How many lines the file has."""
    uri: str
    """The file, as a kestra:// address; each line is a record in JSON, which is also ION."""


class Fetch(KestraTask):
    """Write the log lines of an execution into a file, which later steps read, mail or send on."""

    type_name = "io.kestra.plugin.core.log.Fetch"
    aliases = ("io.kestra.core.tasks.log.Fetch",)
    title = "Fetch logs"
    category = "Logs and values"
    example = """
id: errors
type: io.kestra.plugin.core.log.Fetch
level: WARN
tasksId:
  - ask
"""

    execution_id: Annotated[str | None, Form(label="Execution", placeholder="this one")] = Field(
        None, examples=["{{ trigger.executionId }}"]
    )
    """Whose log; the execution that runs this step when it is not set."""
    namespace: Annotated[str | None, Form(group="advanced")] = Field(None, examples=["company.team"])
    """The namespace that the execution must belong to."""
    flow_id: Annotated[str | None, Form(group="advanced", label="Flow")] = None
    """The flow that the execution must belong to."""
    tasks_id: Annotated[list[str], Form(label="Steps")] = Field([], examples=[["ask"]])
    """Only the lines of these steps."""
    level: Level = "INFO"
    """Only lines of this level and above."""

    async def run(self, context: RunContext) -> Fetched:
        descriptor, name = await asyncio.to_thread(tempfile.mkstemp)
        place = Path(name)
        try:
            size = await self._write(context, descriptor)
            return Fetched(size=size, uri=await context.files.put("logs.ion", place))
        finally:
            await asyncio.to_thread(place.unlink)

    async def _write(self, context: RunContext, descriptor: int) -> int:
        count, waiting = 0, list[str]()
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            async for record in context.elsewhere.logs(
                self.execution_id,
                namespace=self.namespace,
                flow_id=self.flow_id,
                task_ids=self.tasks_id,
                min_level=self.level,
            ):
                count += 1
                waiting.append(json.dumps(record, ensure_ascii=False) + "\n")
                if len(waiting) >= _LINES_AT_ONCE:
                    await asyncio.to_thread(file.writelines, waiting)
                    waiting = []
            await asyncio.to_thread(file.writelines, waiting)
        return count
