"""A condition on the namespace of the flow that the trigger belongs to."""

from typing import Annotated, Literal

from builder.tasks.api import Condition, Facts, Field, Form


class FlowNamespaceCondition(Condition):
    """The flow is of this namespace."""

    type_name = "io.kestra.plugin.core.condition.FlowNamespaceCondition"
    aliases = ("io.kestra.core.models.conditions.types.FlowNamespaceCondition",)
    title = "The flow is of this namespace"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.FlowNamespaceCondition
namespace: company
comparison: PREFIX
"""

    namespace: str = Field(examples=["company.team"])
    """The namespace, or how it begins or ends."""
    comparison: Literal["EQUALS", "PREFIX", "SUFFIX"] | None = None
    """Whether it is the whole name (EQUALS, when it is not set), its beginning or its end."""
    prefix: Annotated[bool, Form("hidden")] = False
    """The older way to write comparison PREFIX."""

    def holds(self, facts: Facts) -> bool:
        found = str(facts.render("{{ flow.namespace }}"))
        comparison = self.comparison or ("PREFIX" if self.prefix else "EQUALS")
        if comparison == "PREFIX":
            return found.startswith(self.namespace)
        return found.endswith(self.namespace) if comparison == "SUFFIX" else found == self.namespace
