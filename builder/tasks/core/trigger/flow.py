"""Starts a flow when another flow's execution gets somewhere; `builder.triggers` does the starting."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form, RunState, Trigger, field_validator

_SEVERAL = ("waiting for several flows is not possible here: name one flow under conditions (ExecutionFlow and "
            "ExecutionStatus), or start them one after the other with Subflow")  # fmt: skip


class Flow(Trigger):
    """Start the flow when another flow has ended, failed or paused."""

    type_name = "io.kestra.plugin.core.trigger.Flow"
    aliases = ("io.kestra.core.models.triggers.types.Flow",)
    title = "After another flow"
    category = "Triggers"
    example = """
id: after_the_import
type: io.kestra.plugin.core.trigger.Flow
states: [SUCCESS, WARNING]
conditions:
  - type: io.kestra.plugin.core.condition.ExecutionFlow
    namespace: company.team
    flowId: import_orders
inputs:
  rows: "{{ trigger.outputs.rows }}"
"""

    states: list[RunState] | None = Field(None, examples=[["SUCCESS", "WARNING"]])
    """The states of the other execution that are meant; every end and every pause when it is not set."""
    inputs: Annotated[dict[str, Any] | None, Form("map")] = Field(
        None, examples=[{"rows": "{{ trigger.outputs.rows }}"}]
    )
    """Values for the flow's inputs; trigger.outputs are the other flow's outputs, outputs those of its tasks."""
    preconditions: Annotated[Any, Form("hidden")] = None
    """Kestra's way to wait for several flows; refused here."""
    depends_on: Annotated[Any, Form("hidden")] = None
    """Kestra's newer way to wait for several flows; refused here."""
    window: Annotated[Any, Form("hidden")] = None
    """Within which time several flows count; refused here."""

    @field_validator("preconditions", "depends_on", "window")
    @classmethod
    def _one_flow_at_a_time(cls, written: Any) -> Any:
        if written is not None:
            raise ValueError(_SEVERAL)
        return written
