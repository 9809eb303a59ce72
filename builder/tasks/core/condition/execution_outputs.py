"""A condition on what a flow gave."""

from typing import Annotated

from builder.tasks.api import Facts, Field, Form, Rendered, UpstreamCondition, is_true


class ExecutionOutputs(UpstreamCondition):
    """The flow has outputs, and the expression about them is true."""

    type_name = "io.kestra.plugin.core.condition.ExecutionOutputs"
    aliases = (
        "io.kestra.plugin.core.condition.ExecutionOutputsCondition",
        "io.kestra.core.models.conditions.types.ExecutionOutputsCondition",
    )
    title = "Its outputs fit"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.ExecutionOutputs
expression: "{{ trigger.outputs.rows > 0 }}"
"""

    expression: Annotated[str, Rendered("raw"), Form("textarea")] = Field(examples=["{{ trigger.outputs.rows > 0 }}"])
    """What must be true; it reads the flow's outputs as trigger.outputs."""

    def holds(self, facts: Facts) -> bool:
        return bool(self.upstream(facts).outputs) and is_true(str(facts.render(self.expression)))
