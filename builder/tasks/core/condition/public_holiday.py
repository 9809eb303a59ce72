"""A condition on public holidays."""

import holidays

from builder.tasks.api import ConditionError, DateCondition, Facts, Field


class PublicHoliday(DateCondition):
    """The date is a public holiday."""

    type_name = "io.kestra.plugin.core.condition.PublicHoliday"
    aliases = (
        "io.kestra.plugin.core.condition.PublicHolidayCondition",
        "io.kestra.core.models.conditions.types.PublicHolidayCondition",
    )
    title = "On a public holiday"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.PublicHoliday
country: FR
"""

    country: str = Field("US", examples=["FR", "DE"])
    """The country, in two letters."""
    sub_division: str | None = Field(None, examples=["BY"])
    """A part of the country with holidays of its own, such as BY for Bavaria."""

    def holds(self, facts: Facts) -> bool:
        day = self.moment(facts).date()
        try:
            known = holidays.country_holidays(self.country.upper(), subdiv=self.sub_division, years=day.year)
        except NotImplementedError:
            place = " ".join(filter(None, (self.country, self.sub_division)))
            raise ConditionError(f"The holidays of `{place}` are not known; a country is written like FR.") from None
        return day in known
