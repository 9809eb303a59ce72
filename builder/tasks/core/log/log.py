"""Writes to the execution's log."""

import json
from typing import Annotated, Any

from builder.tasks.api import Field, Form, KestraTask, Level, RunContext


class Log(KestraTask):
    """Write one or more lines to the execution's log."""

    type_name = "io.kestra.plugin.core.log.Log"
    aliases = ("io.kestra.core.tasks.log.Log",)
    category = "Logs and values"
    quick = True
    example = """
id: say
type: io.kestra.plugin.core.log.Log
message: "Hello from {{ flow.id }}"
level: WARN
"""

    message: Annotated[str | list[Any], Form("textarea")] = Field(examples=["Hello {{ inputs.name }}"])
    """The text to log; a list makes one line of each entry."""
    level: Level = "INFO"
    """How important the line is."""

    def run(self, context: RunContext) -> None:
        lines = self.message if isinstance(self.message, list) else [self.message]
        for line in lines:
            context.log(self.level, line if isinstance(line, str) else json.dumps(line, ensure_ascii=False))
