"""A condition on a date: between two moments."""

from typing import Self

from builder.tasks.api import DateCondition, Facts, Field, model_validator, read_moment


class DateTimeBetween(DateCondition):
    """The date is after one moment, before another, or between the two."""

    type_name = "io.kestra.plugin.core.condition.DateTimeBetween"
    aliases = (
        "io.kestra.plugin.core.condition.DateTimeBetweenCondition",
        "io.kestra.core.models.conditions.types.DateTimeBetweenCondition",
    )
    title = "Between two dates"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.DateTimeBetween
after: "2027-01-01T00:00:00Z"
before: "2027-06-30T23:59:59Z"
"""

    after: str | None = Field(None, examples=["2027-01-01T00:00:00Z"])
    """The moment that must be past."""
    before: str | None = Field(None, examples=["2027-06-30T23:59:59Z"])
    """The moment that must be still to come."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.after is None and self.before is None:
            raise ValueError("it needs after, before or both")
        return self

    def holds(self, facts: Facts) -> bool:
        moment = self.moment(facts)
        late_enough = self.after is None or moment > read_moment(self.after)
        return late_enough and (self.before is None or moment < read_moment(self.before))
