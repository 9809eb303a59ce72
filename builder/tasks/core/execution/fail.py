"""Ends the execution as failed, on purpose."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, RunContext, TaskFailure, is_true


class Fail(KestraTask):
    """Fail on purpose, always or when a condition holds."""

    type_name = "io.kestra.plugin.core.execution.Fail"
    aliases = ("io.kestra.core.tasks.executions.Fail",)
    title = "Fail on purpose"
    category = "Execution"
    quick = True
    example = """
id: stop_when_empty
type: io.kestra.plugin.core.execution.Fail
condition: "{{ outputs.fetch.body == '' }}"
errorMessage: The answer was empty
"""

    condition: str | None = Field(None, examples=["{{ inputs.amount > 100 }}"])
    """Fail only when this is true; without it the step always fails."""
    error_message: Annotated[str, Form("textarea")] = "Task failure"
    """What the execution's page says."""

    def run(self, context: RunContext) -> None:
        if self.condition is None or is_true(self.condition):
            raise TaskFailure(self.error_message)
