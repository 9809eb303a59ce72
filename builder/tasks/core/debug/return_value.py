"""Gives a rendered text back as an output."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, Outputs, RunContext


class Returned(Outputs):
    value: str | None
    """The rendered text."""


class Return(KestraTask):
    """Render a text and keep it as an output, for other steps to read."""

    type_name = "io.kestra.plugin.core.debug.Return"
    aliases = ("io.kestra.core.tasks.debugs.Return",)
    title = "Return a value"
    category = "Logs and values"
    quick = True
    example = """
id: greeting
type: io.kestra.plugin.core.debug.Return
format: "Hello {{ inputs.name }}"
"""

    format: Annotated[str | None, Form("textarea", label="Text")] = Field(None, examples=["Hello {{ inputs.name }}"])
    """The text; it is read as {{ outputs.<id>.value }}."""

    def run(self, context: RunContext) -> Returned:
        return Returned(value=self.format)
