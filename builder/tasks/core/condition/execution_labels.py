"""A condition on the labels of an execution."""

from typing import Annotated

from builder.tasks.api import Facts, Field, Form, UpstreamCondition


class ExecutionLabels(UpstreamCondition):
    """The execution has all of these labels."""

    type_name = "io.kestra.plugin.core.condition.ExecutionLabels"
    aliases = (
        "io.kestra.plugin.core.condition.ExecutionLabelsCondition",
        "io.kestra.core.models.conditions.types.ExecutionLabelsCondition",
    )
    title = "It has these labels"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.ExecutionLabels
labels:
  customer: acme
"""

    labels: Annotated[dict[str, str] | list[dict[str, str]], Form("map")] = Field(examples=[{"customer": "acme"}])
    """Each label with the value that it must have."""

    def holds(self, facts: Facts) -> bool:
        found = self.upstream(facts).labels
        if isinstance(self.labels, dict):
            return all(found.get(key) == value for key, value in self.labels.items())
        return all(found.get(one.get("key", "")) == one.get("value") for one in self.labels)
