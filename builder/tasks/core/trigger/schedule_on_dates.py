"""Starts a flow on set dates; `builder.triggers` does the starting."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from builder.errors import InvalidInput
from builder.schedule import check_date, check_zone, read_dates
from builder.tasks.api import (
    AfterValidator,
    Fault,
    Field,
    Form,
    Rendered,
    Trigger,
    dotted,
    field_validator,
    holds_template,
)
from builder.tasks.core.trigger.given import Times


def _right(date: str) -> str:
    problem = None if holds_template(date) else check_date(date)
    if problem:
        raise ValueError(problem)
    return date


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

    dates: Annotated[list[Annotated[str, AfterValidator(_right)]], Rendered("typed")] = Field(
        min_length=1, examples=[["2027-03-01T09:00:00"]]
    )
    """When, in ISO-8601; dates without an offset are in the time zone below."""
    timezone: str | None = Field(None, examples=["Europe/Paris"])
    """In whose time; UTC when it is not set."""
    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = Field(None, examples=[{"topic": "news"}])
    """Values for the flow's inputs; they may hold expressions with {{ trigger.date }}."""
    recover_missed_schedules: Annotated[
        Literal["ALL", "LAST", "NONE"] | None, Form(group="advanced", label="Make up for missed times")
    ] = None
    """What to start after an outage: all missed times, the last one, or none; ALL when it is not set."""

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        problem = check_zone(zone)
        if problem:
            raise ValueError(problem)
        return zone

    @classmethod
    def advice_on(cls, written: Mapping[str, Any]) -> list[Fault]:
        dates, now = written.get("dates"), datetime.now(UTC)
        zone = str(written.get("timezone") or "UTC")
        moments = [_moment(date, zone) for date in dates] if isinstance(dates, list) else []
        past = [place for place, moment in enumerate(moments) if moment is not None and moment <= now]
        if not past:
            return []
        said = f"{dotted(('dates', past[0]))} lies" if len(past) == 1 else f"{len(past)} of the dates lie"
        return [
            Fault(("dates", past[0]), f"{said} in the past, and will start nothing", "A backfill can run past dates.")
        ]


def _moment(date: object, zone: str) -> datetime | None:
    """None for what is no date, or not yet."""
    try:
        return read_dates([str(date)], zone).moments[0]
    except InvalidInput:
        return None
