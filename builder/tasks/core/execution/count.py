"""Counts executions."""

from typing import Annotated, Any

from builder.tasks.api import (
    Counted,
    Field,
    Form,
    KestraTask,
    Outputs,
    Properties,
    Rendered,
    RunContext,
    RunState,
    Scope,
    TaskFailure,
    model_validator,
    read_moment,
)


class CountedFlow(Properties):
    """A flow whose executions are counted."""

    namespace: str
    """The namespace of the flow."""
    flow_id: Annotated[str, Form(label="Flow")]
    """The flow's name."""


class Result(Outputs):
    """One line of the count."""

    namespace: str
    """The namespace that was counted, or that of the flow."""
    flow_id: str | None = None
    """The flow that was counted; nothing where a namespace was."""
    count: int
    """How many executions there are."""


class Counts(Outputs):
    results: list[Result]
    """The flows and namespaces whose count the expression keeps."""
    total: int
    """The sum of their counts."""


class Count(KestraTask):
    """Count the executions of flows or namespaces, for example to be told that none ran."""

    type_name = "io.kestra.plugin.core.execution.Count"
    aliases = ("io.kestra.core.tasks.executions.Counts",)
    title = "Count executions"
    category = "Execution"
    example = """
id: silent
type: io.kestra.plugin.core.execution.Count
flows:
  - namespace: company.team
    flowId: summarise
states:
  - SUCCESS
startDate: "{{ now() | dateAdd(-1, 'DAYS') }}"
expression: "{{ count == 0 }}"
"""

    flows: list[CountedFlow] = Field([], examples=[[{"namespace": "company.team", "flowId": "summarise"}]])
    """The flows to count; they or `namespaces` are needed."""
    namespaces: list[str] = Field([], examples=[["company.team"]])
    """The namespaces to count, each without those below it."""
    states: list[RunState] = []
    """Count only executions in these states."""
    start_date: Annotated[str | None, Form(label="Begun since")] = Field(
        None, examples=["{{ now() | dateAdd(-1, 'DAYS') }}"]
    )
    """Count only executions that began then or later."""
    end_date: Annotated[str | None, Form(label="Begun before")] = None
    """Count only executions that began before."""
    expression: Annotated[str | None, Rendered("raw"), Form(label="Keep when")] = Field(
        None, examples=["{{ count == 0 }}"]
    )
    """Asked of each line, with its `count`; only lines for which it gives true are kept."""

    @model_validator(mode="after")
    def _counts_something(self) -> "Count":
        if not self.flows and not self.namespaces and not {"flows", "namespaces"} & self.model_fields_set:
            raise ValueError("a list of flows or of namespaces is needed")
        return self

    async def run(self, context: RunContext) -> Counts:
        if not self.flows and not self.namespaces:
            raise TaskFailure("You must provide a list of flows or namespaces.", retryable=False)
        scope = Scope(
            since=read_moment(self.start_date) if self.start_date else None,
            until=read_moment(self.end_date) if self.end_date else None,
        )
        flows = [(flow.namespace, flow.flow_id) for flow in self.flows]
        found = await context.elsewhere.count(scope, flows=flows, namespaces=self.namespaces, states=self.states)
        kept = [_result(one) for one in found if await self._keeps(one, context)]
        return Counts(results=kept, total=sum(one.count for one in kept))

    async def _keeps(self, counted: Counted, context: RunContext) -> bool:
        if self.expression is None:
            return True
        rendered: Any = await context.render(self.expression, {"count": counted.count})
        return bool(rendered == "true")


def _result(counted: Counted) -> Result:
    return Result(namespace=counted.namespace, flow_id=counted.flow_id, count=counted.count)
