"""Checks that expressions hold."""

from typing import Annotated

from builder.tasks.api import BuilderError, Field, Form, KestraTask, Rendered, RunContext, TaskFailure, is_true


class Assert(KestraTask):
    """Check that all of some conditions hold, and fail when one does not."""

    type_name = "io.kestra.plugin.core.execution.Assert"
    title = "Check conditions"
    category = "Execution"
    example = """
id: check
type: io.kestra.plugin.core.execution.Assert
conditions:
  - "{{ inputs.amount > 0 }}"
errorMessage: The amount must be positive
"""

    conditions: Annotated[list[str], Rendered("raw")] = Field(min_length=1, examples=[["{{ inputs.amount > 0 }}"]])
    """Expressions that must all be true."""
    error_message: Annotated[str | None, Form("textarea")] = None
    """Added to the failure's message."""

    async def run(self, context: RunContext) -> None:
        failed = [condition for condition in self.conditions if not await self._holds(condition, context)]
        for condition in failed:
            context.log("ERROR", f"Assertion `{condition}` failed!")
        context.metric("failed", len(failed))
        context.metric("success", len(self.conditions) - len(failed))
        if failed:
            raise TaskFailure(f"{len(failed)} assertion(s) failed!\n{self.error_message or ''}".rstrip())

    @staticmethod
    async def _holds(condition: str, context: RunContext) -> bool:
        try:
            return is_true(await context.render(condition))
        except BuilderError as error:
            context.log("ERROR", error.message)
            return False
