"""Keeps several values as outputs."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, KestraTask, Outputs, RunContext


class Values(Outputs):
    values: dict[str, Any]
    """The values by name."""


class OutputValues(KestraTask):
    """Keep several values as outputs, for other steps and for the flow's own outputs."""

    type_name = "io.kestra.plugin.core.output.OutputValues"
    category = "Logs and values"
    quick = True
    example = """
id: result
type: io.kestra.plugin.core.output.OutputValues
values:
  name: "{{ inputs.name }}"
  count: 3
"""

    values: Annotated[dict[str, Any], Form("map")] = Field(examples=[{"name": "{{ inputs.name }}"}])
    """Names and values; one is read as {{ outputs.<id>.values.<name> }}."""

    def run(self, context: RunContext) -> Values:
        return Values(values=self.values)
