"""Starts a flow when another flow's execution gets somewhere; `builder.triggers` does the starting."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from builder.tasks.api import Field, Form, Outputs, Rendered, RunState, Trigger, WrongProperty, model_validator
from builder.tasks.core.trigger.waiting import DependsOn, DependsWindow, OnMiss, Preconditions


class Happened(Outputs):
    outputs: dict[str, Any]
    """The outputs of its flow; where several are waited for, all of them, and each flow's by its id."""
    execution_id: str
    """The other execution; where several are waited for, the last one."""
    flow_id: str
    """Its flow."""
    execution_labels: dict[str, str]
    """Its labels."""
    state: str
    """What it came to."""
    start_date: str
    """When it was made."""
    end_date: str
    """When it ended; absent while it is paused."""
    namespace: str
    """The namespace of its flow."""
    flow_revision: int
    """The revision of its flow."""
    first_failed_task_id: str
    """The first of its steps that failed."""
    last_task_id: str
    """The step that ran last."""
    date: str
    """When the time was over, in the failed execution that `onMiss` leaves; absent in all others, as `missing` is."""
    missing: list[str]
    """Which entries of dependsOn had not happened by then, such as 2."""


class Flow(Trigger):
    """Start the flow when another flow, or several others, have ended, failed or paused."""

    type_name = "io.kestra.plugin.core.trigger.Flow"
    aliases = ("io.kestra.core.models.triggers.types.Flow",)
    gives = Happened
    title = "After other flows"
    category = "Triggers"
    example = """
id: after_the_imports
type: io.kestra.plugin.core.trigger.Flow
dependsOn:
  - namespace: company.team
    flowId: import_orders
    states: [SUCCESS, WARNING]
  - namespace: company.team
    flowId: import_customers
    states: [SUCCESS, WARNING]
window:
  every: P1D
inputs:
  rows: "{{ trigger.outputs.rows }}"
"""

    depends_on: Annotated[list[DependsOn] | None, Form(label="Wait for")] = None
    """The executions to wait for; without any, each execution of another flow that fits starts the flow."""
    mode: Literal["ALL", "ANY", "AT_LEAST"] | None = None
    """Whether all of them are needed (when it is not set), any one, or some."""
    min_satisfied: int | None = Field(None, ge=1)
    """How many of them are needed, with AT_LEAST."""
    window: Annotated[DependsWindow | None, Form(label="Within")] = None
    """Within which time they must have happened; within a day when it is not set."""
    on_miss: Annotated[OnMiss | None, Form(group="advanced", label="When that is missed")] = None
    """What happens when the time is over and something is missing; nothing when it is not set."""
    states: list[RunState] | None = Field(None, examples=[["SUCCESS", "WARNING"]])
    """The states of other executions that are meant; every end and every pause when it is not set."""
    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = Field(
        None, examples=[{"rows": "{{ trigger.outputs.rows }}"}]
    )
    """Values for the flow's inputs; trigger.outputs are the other flow's outputs, outputs those of its tasks."""
    preconditions: Annotated[Preconditions | None, Form(group="advanced")] = None
    """Kestra 1's way to wait for several executions."""
    multiple_conditions: Annotated[list[dict[str, Any]] | None, Form("hidden")] = None
    """An older way to write conditions of the type MultipleCondition."""

    @classmethod
    def made_anew(cls) -> Mapping[str, Any]:
        """A flow that is not named yet, so that a new trigger does not start for every flow there is."""
        return {"dependsOn": [{"flowId": "", "states": ["SUCCESS"]}]}

    @model_validator(mode="after")
    def _waits_for_enough(self) -> Self:
        entries = len(self.depends_on or ())
        if self.depends_on is None:
            for name in ("mode", "min_satisfied", "window", "on_miss"):
                if getattr(self, name) is not None and name in self.model_fields_set:
                    raise WrongProperty((_KEYS[name],), f"{_KEYS[name]} goes with dependsOn, which is not there")
        elif not entries:
            raise WrongProperty(("dependsOn",), "dependsOn needs at least one entry")
        if self.mode == "AT_LEAST" and self.min_satisfied is None:
            raise WrongProperty(("minSatisfied",), "AT_LEAST needs minSatisfied: how many")
        if self.depends_on is not None and (self.min_satisfied or 1) > entries:
            raise WrongProperty(("minSatisfied",), f"minSatisfied is more than the {entries} of dependsOn")
        return self


_KEYS = {"mode": "mode", "min_satisfied": "minSatisfied", "window": "window", "on_miss": "onMiss"}
