"""Starts a flow on set dates; `builder.triggers` does the starting."""

from typing import Annotated, Any, Literal

from builder.schedule import check_date, check_zone
from builder.tasks.api import Field, Form, Rendered, Trigger, field_validator, holds_template
from builder.tasks.core.trigger.given import Times


class ScheduleOnDates(Trigger):
    """Start the flow on dates that are written down."""

    type_name = "io.kestra.plugin.core.trigger.ScheduleOnDates"
    aliases = ("io.kestra.core.models.triggers.types.ScheduleOnDates",)
    title = "On set dates"
    gives = Times
    category = "Triggers"
    example = """
id: launch_days
type: io.kestra.plugin.core.trigger.ScheduleOnDates
timezone: Europe/Paris
dates:
  - "2027-03-01T09:00:00"
  - "2027-09-01T09:00:00"
"""

    dates: Annotated[list[str], Rendered("typed")] = Field(min_length=1, examples=[["2027-03-01T09:00:00"]])
    """When, in ISO-8601; dates without an offset are in the time zone below."""
    timezone: str | None = Field(None, examples=["Europe/Paris"])
    """In whose time; the server's when it is not set."""
    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = Field(None, examples=[{"topic": "news"}])
    """Values for the flow's inputs; they may hold expressions with {{ trigger.date }}."""
    recover_missed_schedules: Annotated[
        Literal["ALL", "LAST", "NONE"] | None, Form(group="advanced", label="Make up for missed times")
    ] = None
    """What to start after an outage: all missed times, the last one, or none; ALL when it is not set."""

    @field_validator("dates")
    @classmethod
    def _dates_are_right(cls, dates: list[str]) -> list[str]:
        problem = next(filter(None, (check_date(date) for date in dates if not holds_template(date))), None)
        if problem:
            raise ValueError(problem)
        return dates

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        problem = check_zone(zone)
        if problem:
            raise ValueError(problem)
        return zone
