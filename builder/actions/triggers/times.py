"""When a schedule fires, as it was published, whatever its conditions say."""

from zoneinfo import ZoneInfo

from builder.actions.triggers.seeing import runnable_of, seen_by
from builder.clock import Clock
from builder.errors import BuilderError, InvalidInput, Unavailable
from builder.runtime.evaluate import render
from builder.schedule import Dates, Times, check_zone, parse_cron, read_dates
from builder.store.hiding import masked
from builder.store.lookups import StoredLookups
from builder.store.triggers import Trigger
from builder.tasks.core.trigger import ON_DATES


def times_of(trigger: Trigger, clock: Clock) -> Times:
    """Raises InvalidInput, whose message tells no secret."""
    definition, zone = trigger.definition, _written_zone(trigger)
    if trigger.type in ON_DATES:
        return _dates(trigger, zone, clock)
    return parse_cron(str(definition["cron"]), with_seconds=definition.get("withSeconds") is True, timezone=zone)


def zone_of(trigger: Trigger) -> ZoneInfo:
    """The zone that its times are written in; UTC where it names none, or one that there is not."""
    name = _written_zone(trigger)
    return ZoneInfo("UTC" if check_zone(name) else name)


def _written_zone(trigger: Trigger) -> str:
    return str(trigger.definition.get("timezone") or "UTC")


def _dates(trigger: Trigger, zone: str, clock: Clock) -> Dates:
    seen = {**seen_by(trigger, runnable_of(trigger)), "trigger": {}}
    secrets: list[str] = []
    lookups = StoredLookups(trigger.namespace, clock.now, on_secret=secrets.append)
    try:
        found = render(trigger.definition["dates"], seen, lookups, clock, typed=True)
        if not isinstance(found, list):
            raise InvalidInput("dates must come to a list of dates.")
        return read_dates([str(date) for date in found], zone)
    except Unavailable:
        raise
    except BuilderError as error:
        raise InvalidInput(masked(error.message, secrets)) from None
