"""A condition on the namespace of the flow that has run."""

from typing import Annotated, Literal

from builder.tasks.api import Facts, Field, Form, UpstreamCondition


class ExecutionNamespace(UpstreamCondition):
    """The execution is one of a flow in this namespace."""

    type_name = "io.kestra.plugin.core.condition.ExecutionNamespace"
    aliases = (
        "io.kestra.plugin.core.condition.ExecutionNamespaceCondition",
        "io.kestra.core.models.conditions.types.ExecutionNamespaceCondition",
    )
    title = "It was a flow of this namespace"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.ExecutionNamespace
namespace: company.
comparison: PREFIX
"""

    namespace: str = Field(examples=["company.team"])
    """The namespace, or how it begins or ends."""
    comparison: Literal["EQUALS", "PREFIX", "SUFFIX"] | None = None
    """Whether it is the whole name (EQUALS, when it is not set), its beginning or its end."""
    prefix: Annotated[bool, Form("hidden")] = False
    """The older way to write comparison PREFIX."""

    def holds(self, facts: Facts) -> bool:
        found = self.upstream(facts).namespace
        comparison = self.comparison or ("PREFIX" if self.prefix else "EQUALS")
        if comparison == "PREFIX":
            return found.startswith(self.namespace)
        return found.endswith(self.namespace) if comparison == "SUFFIX" else found == self.namespace
