"""A condition on which flow has run."""

from builder.tasks.api import Facts, Field, UpstreamCondition


class ExecutionFlow(UpstreamCondition):
    """The execution is one of this flow."""

    type_name = "io.kestra.plugin.core.condition.ExecutionFlow"
    aliases = (
        "io.kestra.plugin.core.condition.ExecutionFlowCondition",
        "io.kestra.core.models.conditions.types.ExecutionFlowCondition",
    )
    title = "It was this flow"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.ExecutionFlow
namespace: company.team
flowId: import_orders
"""

    namespace: str = Field(examples=["company.team"])
    """The flow's namespace."""
    flow_id: str = Field(examples=["import_orders"])
    """The flow's id."""

    def holds(self, facts: Facts) -> bool:
        execution = self.upstream(facts)
        return (execution.namespace, execution.flow_id) == (self.namespace, self.flow_id)
