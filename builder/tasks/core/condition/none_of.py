"""A condition that turns others round."""

from typing import Annotated, Any

from builder.tasks.api import Condition, Facts, Field, Form, Rendered


class Not(Condition):
    """None of the conditions inside holds."""

    type_name = "io.kestra.plugin.core.condition.Not"
    aliases = (
        "io.kestra.plugin.core.condition.NotCondition",
        "io.kestra.core.models.conditions.types.NotCondition",
    )
    title = "None of these"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.Not
conditions:
  - type: io.kestra.plugin.core.condition.Weekend
"""

    conditions: Annotated[list[dict[str, Any]], Rendered("raw"), Form("yaml")] = Field(
        min_length=1, examples=[[{"type": "io.kestra.plugin.core.condition.Weekend"}]]
    )
    """The conditions, none of which may hold."""

    def holds(self, facts: Facts) -> bool:
        return not any(facts.each(self.conditions))
