"""A condition on the day of the week."""

from typing import Literal

from builder.tasks.api import DateCondition, Facts, Field

Day = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
DAYS: tuple[Day, ...] = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class DayWeek(DateCondition):
    """The date is this day of the week."""

    type_name = "io.kestra.plugin.core.condition.DayWeek"
    aliases = (
        "io.kestra.plugin.core.condition.DayWeekCondition",
        "io.kestra.core.models.conditions.types.DayWeekCondition",
    )
    title = "On a day of the week"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.DayWeek
dayOfWeek: MONDAY
"""

    day_of_week: Day = Field(examples=["MONDAY"])
    """The day, in the date's own zone."""

    def holds(self, facts: Facts) -> bool:
        return DAYS[self.moment(facts).weekday()] == self.day_of_week
