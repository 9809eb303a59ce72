"""A condition on the flow that the trigger belongs to."""

from builder.tasks.api import Condition, Facts, Field


class FlowCondition(Condition):
    """The flow is this one."""

    type_name = "io.kestra.plugin.core.condition.FlowCondition"
    aliases = ("io.kestra.core.models.conditions.types.FlowCondition",)
    title = "It is this flow"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.FlowCondition
namespace: company.team
flowId: import_orders
"""

    namespace: str = Field(examples=["company.team"])
    """The flow's namespace."""
    flow_id: str = Field(examples=["import_orders"])
    """The flow's id."""

    def holds(self, facts: Facts) -> bool:
        found = facts.render("{{ flow.namespace }}/{{ flow.id }}")
        return bool(found == f"{self.namespace}/{self.flow_id}")
