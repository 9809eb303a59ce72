"""Takes variables out of the execution that runs."""

from builder.tasks.api import Field, KestraTask, RunContext, VariablesUnset


class UnsetVariables(KestraTask):
    """Take variables out of this execution, for the steps that follow."""

    type_name = "io.kestra.plugin.core.execution.UnsetVariables"
    title = "Unset variables"
    category = "Execution"
    quick = True
    example = """
id: forget
type: io.kestra.plugin.core.execution.UnsetVariables
variables:
  - greeting
  - customer.name
ignoreMissing: true
"""

    variables: list[str] = Field(min_length=1, examples=[["greeting", "customer.name"]])
    """Their names; dots lead into maps."""
    ignore_missing: bool = False
    """Pass over names that are not there; without it the step fails then."""

    def run(self, context: RunContext) -> None:
        context.affect(VariablesUnset(tuple(self.variables), self.ignore_missing))
