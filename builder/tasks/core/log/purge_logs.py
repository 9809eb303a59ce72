"""Deletes old log lines."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, Level, Outputs, RunContext, Scope, read_moment


class Deleted(Outputs):
    count: int
    """How many lines were deleted."""
    execution_logs_count: int
    """How many of them were of executions; here all are."""
    non_execution_logs_count: int = 0
    """How many were of no execution; here none are."""


class PurgeLogs(KestraTask):
    """Delete old log lines, for good; executions stay."""

    type_name = "io.kestra.plugin.core.log.PurgeLogs"
    title = "Purge logs"
    category = "Logs and values"
    example = """
id: purge
type: io.kestra.plugin.core.log.PurgeLogs
endDate: "{{ now() | dateAdd(-1, 'MONTHS') }}"
logLevels:
  - TRACE
  - DEBUG
  - INFO
"""

    namespace: str | None = Field(None, examples=["company.team"])
    """Whose lines; without a flow, those of the namespaces below it too. All when it is not set."""
    flow_id: Annotated[str | None, Form(label="Flow")] = None
    """Only the lines of this flow of the namespace."""
    execution_id: Annotated[str | None, Form(label="Execution")] = None
    """Only the lines of this execution."""
    log_levels: Annotated[list[Level], Form(label="Levels")] = Field([], examples=[["TRACE", "DEBUG", "INFO"]])
    """Only lines of these levels; of all when it is empty."""
    start_date: Annotated[str | None, Form(label="Written since")] = None
    """Only lines written then or later."""
    end_date: Annotated[str, Form(label="Written before")] = Field(examples=["{{ now() | dateAdd(-1, 'MONTHS') }}"])
    """Only lines written before."""
    purge_execution_logs: Annotated[bool, Form(group="advanced", label="Lines of executions")] = True
    """Delete lines of executions; all lines are, so nothing is deleted without it."""
    purge_non_execution_logs: Annotated[bool, Form("hidden")] = True
    """Lines of triggers without an execution; there are none here."""
    batch_size: Annotated[int | None, Form("hidden")] = Field(None, ge=1)
    """Accepted, without effect: lines are always deleted a thousand in one transaction."""

    async def run(self, context: RunContext) -> Deleted:
        scope = Scope(
            self.namespace, self.flow_id,
            read_moment(self.start_date) if self.start_date else None, read_moment(self.end_date),
        )  # fmt: skip
        count = 0
        if self.purge_execution_logs:
            count = await context.elsewhere.purge_logs(scope, execution_id=self.execution_id, levels=self.log_levels)
        return Deleted(count=count, execution_logs_count=count)
