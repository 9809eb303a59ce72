"""A condition that is content with one of several."""

from typing import Annotated, Any

from builder.tasks.api import Condition, Facts, Field, Form, Rendered


class Or(Condition):
    """At least one of the conditions inside holds."""

    type_name = "io.kestra.plugin.core.condition.Or"
    aliases = (
        "io.kestra.plugin.core.condition.OrCondition",
        "io.kestra.core.models.conditions.types.OrCondition",
    )
    title = "One of these"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.Or
conditions:
  - type: io.kestra.plugin.core.condition.DayWeek
    dayOfWeek: MONDAY
  - type: io.kestra.plugin.core.condition.DayWeek
    dayOfWeek: THURSDAY
"""

    conditions: Annotated[list[dict[str, Any]], Rendered("raw"), Form("yaml")] = Field(
        min_length=1, examples=[[{"type": "io.kestra.plugin.core.condition.Weekend"}]]
    )
    """The conditions, one of which must hold."""

    def holds(self, facts: Facts) -> bool:
        return any(facts.each(self.conditions))
