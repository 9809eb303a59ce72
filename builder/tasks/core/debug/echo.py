"""The older name of writing to the log."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, Level, RunContext


class Echo(KestraTask):
    """Write a line to the execution's log; flows written today use Log."""

    type_name = "io.kestra.plugin.core.debug.Echo"
    aliases = ("io.kestra.core.tasks.debugs.Echo",)
    category = "Logs and values"
    deprecated = "io.kestra.plugin.core.log.Log"
    quick = True
    example = """
id: echo
type: io.kestra.plugin.core.debug.Echo
format: "{{ inputs.name }} came by"
"""

    format: Annotated[str, Form("textarea", label="Text")] = Field(examples=["Hello {{ inputs.name }}"])
    """The text to log."""
    level: Level = "INFO"
    """How important the line is."""

    def run(self, context: RunContext) -> None:
        context.log(self.level, self.format)
