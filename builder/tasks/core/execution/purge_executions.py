"""Deletes old executions."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, Outputs, Part, RunContext, RunState, Scope, read_moment


class Deleted(Outputs):
    executions_count: int
    """How many executions were deleted."""
    logs_count: int
    """How many log lines were deleted."""
    storages_count: int
    """How many files were deleted."""
    metrics_count: int
    """How many metrics were deleted."""


class PurgeExecutions(KestraTask):
    """Delete old executions with their logs, metrics and files, for good.

    Only executions that have ended are deleted. Logs and metrics belong to their execution and always go with it.
    """

    type_name = "io.kestra.plugin.core.execution.PurgeExecutions"
    aliases = ("io.kestra.core.tasks.storages.Purge", "io.kestra.plugin.core.storage.Purge")
    title = "Purge executions"
    category = "Execution"
    example = """
id: purge
type: io.kestra.plugin.core.execution.PurgeExecutions
namespace: company.team
endDate: "{{ now() | dateAdd(-1, 'MONTHS') }}"
states:
  - SUCCESS
  - WARNING
"""

    namespace: str | None = Field(None, examples=["company.team"])
    """Whose executions; without a flow, those of the namespaces below it too. All when it is not set."""
    flow_id: Annotated[str | None, Form(label="Flow")] = None
    """Only the executions of this flow of the namespace."""
    start_date: Annotated[str | None, Form(label="Begun since")] = None
    """Only executions that began then or later."""
    end_date: Annotated[str, Form(label="Begun before")] = Field(examples=["{{ now() | dateAdd(-1, 'MONTHS') }}"])
    """Only executions that began before."""
    states: list[RunState] = Field([], examples=[["SUCCESS", "WARNING"]])
    """Only executions that ended in these states."""
    purge_execution: Annotated[bool, Form(label="Delete executions")] = True
    """Delete the executions themselves."""
    purge_log: Annotated[bool, Form(label="Delete logs")] = True
    """Delete their log lines."""
    purge_metric: Annotated[bool, Form(label="Delete metrics")] = True
    """Delete their metrics."""
    purge_storage: Annotated[bool, Form(label="Delete files")] = True
    """Delete their files."""
    batch_size: Annotated[int, Form(group="advanced", label="At once")] = Field(100, ge=1, le=1000)
    """How many executions are deleted in one transaction."""

    async def run(self, context: RunContext) -> Deleted:
        scope = Scope(
            self.namespace, self.flow_id,
            read_moment(self.start_date) if self.start_date else None, read_moment(self.end_date),
        )  # fmt: skip
        purged = await context.elsewhere.purge_executions(
            scope, states=self.states, parts=self._parts(), batch=self.batch_size
        )
        return Deleted(
            executions_count=purged.executions,
            logs_count=purged.logs,
            storages_count=purged.files,
            metrics_count=purged.metrics,
        )

    def _parts(self) -> list[Part]:
        asked: dict[Part, bool] = {
            "executions": self.purge_execution,
            "logs": self.purge_log,
            "metrics": self.purge_metric,
            "files": self.purge_storage,
        }
        return [part for part, wanted in asked.items() if wanted]
