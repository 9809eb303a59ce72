"""A condition on the time of the day."""

from datetime import datetime, time
from typing import Self

from builder.tasks.api import (
    ConditionError,
    DateCondition,
    Facts,
    Field,
    field_validator,
    holds_template,
    model_validator,
)


class TimeBetween(DateCondition):
    """The time of the day is after one time, before another, or between the two."""

    type_name = "io.kestra.plugin.core.condition.TimeBetween"
    aliases = (
        "io.kestra.plugin.core.condition.TimeBetweenCondition",
        "io.kestra.core.models.conditions.types.TimeBetweenCondition",
    )
    title = "Between two times of the day"
    category = "Conditions"
    example = """
type: io.kestra.plugin.core.condition.TimeBetween
after: "08:00:00+01:00"
before: "18:00:00+01:00"
"""

    after: str | None = Field(None, examples=["08:00:00+01:00"])
    """The time that must be past; one without an offset is in the date's own zone."""
    before: str | None = Field(None, examples=["18:00:00+01:00"])
    """The time that must be still to come; one without an offset is in the date's own zone."""

    @field_validator("after", "before")
    @classmethod
    def _is_a_time(cls, written: str) -> str:
        if not holds_template(written):
            try:
                time.fromisoformat(written)
            except ValueError:
                raise ValueError("a time is written like 08:00:00 or 08:00:00+01:00") from None
        return written

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.after is None and self.before is None:
            raise ValueError("it needs after, before or both")
        return self

    def holds(self, facts: Facts) -> bool:
        moment = self.moment(facts)
        late_enough = self.after is None or _compared(moment, self.after) > 0
        return late_enough and (self.before is None or _compared(moment, self.before) < 0)


def _compared(moment: datetime, text: str) -> int:
    """Above 0 when the moment comes later in the day than the time, below when earlier."""
    try:
        wanted = time.fromisoformat(text)
    except ValueError:
        raise ConditionError(f"`{text}` is not a time; write it like 08:00:00 or 08:00:00+01:00.") from None
    there = moment.astimezone(wanted.tzinfo).time() if wanted.tzinfo else moment.time()
    wanted = wanted.replace(tzinfo=None)
    return (there > wanted) - (there < wanted)
