"""A condition on Saturdays and Sundays."""

from builder.tasks.api import DateCondition, Facts


class Weekend(DateCondition):
    """The date is a Saturday or a Sunday."""

    type_name = "io.kestra.plugin.core.condition.Weekend"
    aliases = (
        "io.kestra.plugin.core.condition.WeekendCondition",
        "io.kestra.core.models.conditions.types.WeekendCondition",
    )
    title = "At the weekend"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.Weekend
"""

    def holds(self, facts: Facts) -> bool:
        return self.moment(facts).weekday() >= 5
