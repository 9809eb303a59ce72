"""Runs another flow."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from builder.tasks.api import Ask, Child, Ending, Field, FlowTask, Form, Layout, Outputs, is_true

_TAKEN_OVER = frozenset({"FAILED", "KILLED", "WARNING"})
_REQUEST = ("namespace", "flow_id", "revision", "inputs", "labels", "inherit_labels", "schedule_date")


class CallsFlow(FlowTask):
    """What calls of other flows have in common."""

    namespace: str = Field(examples=["company.team"])
    """The namespace of the flow to run."""
    flow_id: Annotated[str, Form(label="Flow")] = Field(examples=["summarise"])
    """The flow to run."""
    revision: Annotated[int | str | None, Form(group="advanced")] = None
    """Which revision of it; the newest when it is not set."""
    inputs: dict[str, Any] = {}
    """What the flow is given."""
    labels: Annotated[dict[str, Any] | list[Any], Form("map", group="advanced")] = {}
    """Labels for the new execution."""
    inherit_labels: Annotated[bool | str, Form("checkbox", group="advanced")] = False
    """Give it this execution's labels too."""
    wait: bool = True
    """Wait for its end; otherwise go on at once."""
    transmit_failed: Annotated[bool, Form(label="Fail when it fails")] = True
    """Take over its failure, kill or warning; otherwise the step succeeds whatever happened there."""
    schedule_date: Annotated[str | None, Form(group="advanced", label="Start at")] = None
    """When it is to start; at once when it is not set."""
    restart_behavior: Annotated[Literal["RETRY_FAILED", "NEW_EXECUTION"], Form(group="advanced")] = "RETRY_FAILED"
    """What a restart of this execution does with a failed one there: restart it, or start a new one."""

    @property
    def restarts_children(self) -> bool:
        return self.restart_behavior == "RETRY_FAILED"


class Called(Outputs):
    execution_id: str
    """The execution of the other flow."""
    state: str
    """What it came to; CREATED where this step does not wait for it."""
    outputs: dict[str, Any]
    """The outputs of the other flow, by their ids."""


class Subflow(CallsFlow):
    """Run another flow, and wait for its end.

    Its outputs are read as `{{ outputs.<this step>.outputs.<output> }}`.
    """

    type_name = "io.kestra.plugin.core.flow.Subflow"
    gives = Called
    aliases = ("io.kestra.core.tasks.flows.Subflow", "io.kestra.core.tasks.flows.Flow")
    example = """
id: call
type: io.kestra.plugin.core.flow.Subflow
namespace: company.team
flowId: summarise
inputs:
  text: "{{ inputs.text }}"
"""

    outputs: Annotated[dict[str, Any], Form("hidden")] = {}
    """Old way to name outputs; the flow declares its outputs itself now."""

    def asks(self) -> Mapping[str, Ask]:
        asked = ((name, getattr(self, name)) for name in _REQUEST)
        return {name: Ask(template) for name, template in asked if template not in (None, False, {}, [])}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        request = {
            "namespace": answers["namespace"],
            "flowId": answers["flow_id"],
            "revision": answers.get("revision"),
            "inputs": answers.get("inputs") or {},
            "labels": answers.get("labels") or {},
            "inheritLabels": is_true(answers.get("inherit_labels")),
            "scheduleDate": answers.get("schedule_date"),
            "outputs": self.outputs,
        }
        return Layout((), child=Child(request, self.wait))

    def child_started(self, child: str) -> Mapping[str, Any]:
        return {"executionId": child} if self.wait else {"executionId": child, "state": "CREATED"}

    def child_ended(self, child: str, state: str, outputs: Mapping[str, Any] | None) -> Ending:
        seen = {"executionId": child, "state": state, "outputs": dict(outputs or {})}
        taken = "FAILED" if state == "CANCELLED" else state
        if not self.transmit_failed or taken not in _TAKEN_OVER:
            return Ending("SUCCESS", seen)
        message = "" if taken == "WARNING" else f"The flow {self.flow_id} that was called came to {state}."
        return Ending(taken, seen, message)
