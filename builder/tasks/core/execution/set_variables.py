"""Sets variables of the execution that runs."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, KestraTask, Rendered, RunContext, VariablesSet, result_to_json


class SetVariables(KestraTask):
    """Set variables of this execution, which later steps read as `vars`.

    They are merged into what is there, maps deeply; the flow's own `variables` stay as they are for other executions.
    """

    type_name = "io.kestra.plugin.core.execution.SetVariables"
    title = "Set variables"
    category = "Execution"
    quick = True
    example = """
id: remember
type: io.kestra.plugin.core.execution.SetVariables
variables:
  greeting: "Hello {{ inputs.name }}"
  count: "{{ inputs.amount + 1 }}"
"""

    variables: Annotated[dict[str, Any], Rendered("typed"), Form("map")] = Field(
        examples=[{"greeting": "Hello {{ inputs.name }}"}]
    )
    """Names and values; one is read as {{ vars.<name> }}."""
    overwrite: bool = True
    """Replace variables that are there already; without it the step fails then."""

    def run(self, context: RunContext) -> None:
        context.affect(VariablesSet(result_to_json(self.variables), self.overwrite))
