"""Starts a flow at the times of a cron expression; `builder.triggers` does the starting."""

from typing import Annotated, Any, Literal

from builder.schedule import check_cron, check_zone
from builder.tasks.api import Duration, Field, Form, Rendered, Trigger, ValidationInfo, field_validator
from builder.tasks.core.trigger.given import Times


class Schedule(Trigger):
    """Start the flow at regular times, such as each day at nine."""

    type_name = "io.kestra.plugin.core.trigger.Schedule"
    aliases = ("io.kestra.core.models.triggers.types.Schedule",)
    title = "On a schedule"
    gives = Times
    category = "Triggers"
    example = """
id: every_morning
type: io.kestra.plugin.core.trigger.Schedule
cron: "0 9 * * *"
timezone: Europe/Paris
inputs:
  topic: news
"""

    with_seconds: Annotated[bool, Form(group="advanced")] = False
    """The cron expression has six fields, the first one for seconds."""
    cron: Annotated[str, Form("cron", placeholder="minute hour day month weekday")] = Field(
        examples=["0 9 * * *", "*/15 * * * *", "@daily"]
    )
    """When: minute, hour, day of the month, month and day of the week, or a name such as @daily."""
    timezone: Annotated[str | None, Form("zone", label="Time zone")] = Field(None, examples=["Europe/Paris"])
    """In whose time; UTC when it is not set."""
    inputs: Annotated[dict[str, Any] | None, Rendered("raw"), Form("map")] = Field(None, examples=[{"topic": "news"}])
    """Values for the flow's inputs; they may hold expressions with {{ trigger.date }}."""
    late_maximum_delay: Annotated[Duration | None, Form(group="advanced", label="Skip when later than")] = Field(
        None, examples=["PT10M"]
    )
    """A start that is later than this is left out."""
    recover_missed_schedules: Annotated[
        Literal["ALL", "LAST", "NONE"] | None, Form(group="advanced", label="Make up for missed times")
    ] = None
    """What to start after an outage: all missed times, the last one, or none; ALL when it is not set."""
    backfill: Annotated[Any, Form("hidden")] = None
    """Kestra's old way to run past dates; accepted, without effect here."""

    @field_validator("cron")
    @classmethod
    def _cron_is_right(cls, cron: str, checked: ValidationInfo) -> str:
        return _without(check_cron(cron, checked.data.get("with_seconds") is True), cron)

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        return _without(check_zone(zone), zone)


def _without(problem: str | None, value: str) -> str:
    if problem:
        raise ValueError(problem)
    return value
