"""Switches a trigger on or off."""

from typing import Annotated

from builder.tasks.api import Field, Form, KestraTask, RunContext


class Toggle(KestraTask):
    """Switch a trigger on or off, as on the Schedules page."""

    type_name = "io.kestra.plugin.core.trigger.Toggle"
    aliases = ("io.kestra.core.tasks.trigger.Toggle",)
    title = "Toggle a trigger"
    category = "Execution"
    example = """
id: stop_the_clock
type: io.kestra.plugin.core.trigger.Toggle
trigger: daily
enabled: false
namespace: company.team
flowId: summarise
"""

    trigger: str = Field(min_length=1, examples=["daily"])
    """The trigger's name in its flow."""
    enabled: Annotated[bool, Form(label="Switch it on")] = False
    """Whether it is on afterwards."""
    namespace: Annotated[str | None, Form(placeholder="the flow's own")] = Field(None, examples=["company.team"])
    """The namespace of the flow that has it; this flow's own when it is not set."""
    flow_id: Annotated[str | None, Form(label="Flow", placeholder="this one")] = Field(None, examples=["summarise"])
    """The flow that has it; this flow when it is not set."""

    async def run(self, context: RunContext) -> None:
        await context.elsewhere.switch_trigger(
            self.namespace or context.namespace, self.flow_id or context.flow_id, self.trigger, enabled=self.enabled
        )
