"""Lets a paused execution go on."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, KestraTask, RunContext


class Resume(KestraTask):
    """Let a paused execution go on, with the answers that its Pause asks for.

    Without `executionId` it is the newest paused execution of the flow that `namespace` and `flowId` name, and without
    those the execution that runs this step.
    """

    type_name = "io.kestra.plugin.core.execution.Resume"
    title = "Resume an execution"
    category = "Execution"
    example = """
id: go_on
type: io.kestra.plugin.core.execution.Resume
executionId: "{{ execution.id }}"
inputs:
  reason: All is well
"""

    execution_id: Annotated[str | None, Form(label="Execution")] = Field(None, examples=["{{ trigger.executionId }}"])
    """The execution to resume."""
    namespace: str | None = Field(None, examples=["company.team"])
    """The namespace of its flow; with an execution, it must belong there."""
    flow_id: Annotated[str | None, Form(label="Flow")] = Field(None, examples=["approval"])
    """Its flow; with an execution, it must belong to it."""
    inputs: Annotated[dict[str, Any], Form("map")] = Field({}, examples=[{"reason": "All is well"}])
    """What its Pause asks for in `onResume`."""

    async def run(self, context: RunContext) -> None:
        await context.elsewhere.resume(self.execution_id, self.inputs, namespace=self.namespace, flow_id=self.flow_id)
