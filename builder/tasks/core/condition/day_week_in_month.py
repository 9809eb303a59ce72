"""A condition on which Monday of the month it is."""

import calendar
from typing import Literal

from builder.tasks.api import DateCondition, Facts, Field
from builder.tasks.core.condition.day_week import DAYS, Day

_PLACES = ("FIRST", "SECOND", "THIRD", "FOURTH")


class DayWeekInMonth(DateCondition):
    """The date is the first, second, third, fourth or last such weekday of its month."""

    type_name = "io.kestra.plugin.core.condition.DayWeekInMonth"
    aliases = (
        "io.kestra.plugin.core.condition.DayWeekInMonthCondition",
        "io.kestra.core.models.conditions.types.DayWeekInMonthCondition",
    )
    title = "On one such weekday of the month"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.DayWeekInMonth
dayOfWeek: MONDAY
dayInMonth: FIRST
"""

    day_of_week: Day = Field(examples=["MONDAY"])
    """The day, in the date's own zone."""
    day_in_month: Literal["FIRST", "SECOND", "THIRD", "FOURTH", "LAST"] = Field(examples=["LAST"])
    """Which of them in the month."""

    def holds(self, facts: Facts) -> bool:
        moment = self.moment(facts)
        if DAYS[moment.weekday()] != self.day_of_week:
            return False
        if self.day_in_month == "LAST":
            return moment.day + 7 > calendar.monthrange(moment.year, moment.month)[1]
        return (moment.day - 1) // 7 == _PLACES.index(self.day_in_month)
