"""What a trigger's form shows beside its properties: a schedule in words with its next runs, a webhook's address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import quote
from zoneinfo import available_timezones

from builder.clock import SystemClock
from builder.errors import InvalidInput
from builder.schedule.coming import Coming, coming
from builder.schedule.cron import parse_cron
from builder.schedule.picks import HOUR_STEPS, MINUTE_STEPS, Every, Pick, picked
from builder.tasks.core.trigger.schedule import Schedule
from builder.triggers.called.webhooks import TYPES as CALLED

NEXT = 10
_CLOCK = SystemClock()
_DAYS = ((1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (0, "Sun"))
_EVERY: Mapping[Every, str] = {
    Every.MINUTES: "every few minutes",
    Every.HOURS: "every few hours",
    Every.DAY: "every day",
    Every.WEEK: "on days of the week",
    Every.MONTH: "on a day of the month",
    Every.TEXT: "as the cron expression says",
}


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule as its form shows it. `words` and `runs` are empty while it cannot be read."""

    pick: Pick
    words: str
    zone: str
    runs: tuple[Coming, ...]
    every = _EVERY
    days = _DAYS

    @property
    def steps(self) -> tuple[int, ...]:
        """The numbers to choose from: of minutes or of hours."""
        return MINUTE_STEPS if self.pick.every is Every.MINUTES else HOUR_STEPS

    @property
    def minutes(self) -> list[int]:
        return sorted({*range(0, 60, 5), self.pick.minute})

    @property
    def month_days(self) -> range:
        return range(1, 32)


@dataclass(frozen=True, slots=True)
class WebhookView:
    """Where a webhook is called. `hidden`: its key is an expression, which the page does not look into."""

    path: str
    hidden: bool
    signed: bool


def schedule_of(written: Any) -> ScheduleView | None:
    """Of a trigger that fires by cron; None for any other part of a flow."""
    if not isinstance(written, Mapping) or written.get("type") not in (Schedule.type_name, *Schedule.aliases):
        return None
    cron, zone = str(written.get("cron") or ""), str(written.get("timezone") or "UTC")
    seconds = written.get("withSeconds") is True
    try:
        times = parse_cron(cron, with_seconds=seconds, timezone=zone)
    except InvalidInput:
        return ScheduleView(picked(cron), "", zone, ())
    return ScheduleView(picked(cron), times.in_words(), zone, coming(times, _CLOCK.now().astimezone(UTC), NEXT))


def webhook_of(written: Any, namespace: str, flow_id: str) -> WebhookView | None:
    """Of a trigger that is called; None for any other part of a flow."""
    if not isinstance(written, Mapping) or written.get("type") not in CALLED:
        return None
    key = str(written.get("key") or "")
    return WebhookView(webhook_path(namespace, flow_id, key), "{{" in key, bool(written.get("signature")))


def webhook_path(namespace: str, flow_id: str, key: str) -> str:
    """Below the server's address; with the key left out that an expression gives."""
    shown = "<key>" if "{{" in key else quote(key, safe="")
    return f"/api/v1/main/executions/webhook/{namespace}/{flow_id}/{shown}"


def zones() -> list[str]:
    """The names of time zones, for a list: those of places, UTC first."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]
