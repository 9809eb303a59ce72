"""Filters that all templates have: states as glyphs, durations and moments as people say them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template

from builder.actions.triggers.times import zone_of
from builder.schedule.lengths import in_words
from builder.store.triggers import Trigger
from builder.web.execution.shapes import markdown, markdown_line

register = template.Library()

_LEAST_SHOWN = Decimal("0.000001")
_GLYPHS = {
    "SUCCESS": "✓",
    "WARNING": "!",
    "FAILED": "✕",
    "KILLED": "✕",
    "CANCELLED": "⊘",
    "SKIPPED": "⤼",
    "RUNNING": "▸",
    "PAUSED": "‖",
    "KILLING": "✕",
    "RETRYING": "↻",
    "RETRIED": "↻",
    "RESTARTED": "↻",
    "CREATED": "○",
    "QUEUED": "○",
}


@register.filter
def state_glyph(state: object) -> str:
    """A sign for a state, so that colour is never alone."""
    return _GLYPHS.get(str(state), "○")


@register.filter
def last_part(name: str) -> str:
    """The last part of a type's name: `Weekend`."""
    return name.rpartition(".")[2]


@register.filter
def duration(length: timedelta | float | None) -> str:
    """A length of time: `12 ms`, `6.4 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. Numbers are seconds; whole
    ones were set by people, and not measured.

    Processes whose clocks differ may have noted its ends: nothing lasts less than nothing.
    """
    if length is None:
        return "–"
    seconds = max(0.0, length.total_seconds() if isinstance(length, timedelta) else float(length))
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        is_set = not isinstance(length, timedelta) and seconds.is_integer()
        return f"{seconds:.0f} s" if is_set else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


@register.filter
def first_line(text: str) -> str:
    """Of a text of several lines."""
    return text.strip().partition("\n")[0]


@register.filter
def set_length(seconds: float) -> str:
    """A length of time that somebody set: `3 s`, `1 h 30 min`."""
    return in_words(timedelta(seconds=seconds))


@register.filter
def milliseconds(seconds: float) -> str:
    """How quickly something answers: `0.42 ms`."""
    return f"{seconds * 1000:.2f} ms"


@register.filter
def moment(at: datetime) -> str:
    """When something was or will be: `08:00:02` today, `yesterday 08:00`, else the date with the time (UTC)."""
    at, now = at.astimezone(UTC), datetime.now(UTC)
    days = (at.date() - now.date()).days
    named = {0: f"{at:%H:%M:%S}", -1: f"yesterday {at:%H:%M}", 1: f"tomorrow {at:%H:%M}"}
    if days in named:
        return named[days]
    return f"{at:%d %b %H:%M}" if at.year == now.year else f"{at:%d %b %Y %H:%M}"


@register.filter
def own_time(at: datetime, zone: str = "") -> str:
    """A time in a zone, or the one it carries, with the zone's name: `Mon 23 Nov 09:00 CET`; the year of other years.

    The seconds of times that were set (09:00:30), not of moments that were measured, which have fractions.
    """
    at = at.astimezone(ZoneInfo(zone)) if zone else at
    year = "" if at.year == datetime.now(at.tzinfo).year else f" {at.year}"
    clock = clock_time(at) if at.microsecond == 0 else f"{at:%H:%M}"
    return f"{at:%a %d %b}{year} {clock} {at:%Z}"


@register.filter
def own_zone(trigger: Trigger) -> str:
    """The zone in which a trigger's times are told."""
    return zone_of(trigger).key


register.filter("markdown", markdown)
register.filter("markdown_line", markdown_line)


@register.filter
def clock_time(at: datetime) -> str:
    """A time of the day in the zone it carries: `09:00`, `09:00:30`."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


@register.filter
def took(item: object) -> str:
    """How long a line of the history ran, until now if it still does; a dash before it began."""
    started, ended = getattr(item, "started_at", None), getattr(item, "ended_at", None)
    return duration((ended or datetime.now(UTC)) - started) if started else "–"


@register.filter
def money(cost: Decimal | None) -> str:
    """US dollars with as many places as a small amount needs; a dash where none is known."""
    if cost is None:
        return "–"
    if 0 < cost < _LEAST_SHOWN:
        return f"< ${_LEAST_SHOWN}"
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.6f}".rstrip("0").ljust(5, "0")


@register.filter
def spent(used: object) -> str:
    """What executions or a step cost: "at least" where some calls have no known cost, "unknown" where none has."""
    cost, unpriced = getattr(used, "cost", None), getattr(used, "unpriced", 0)
    if cost is None:
        return "unknown" if unpriced or getattr(used, "tokens", None) else "–"
    return f"at least {money(cost)}" if unpriced else money(cost)


@register.filter
def plain(number: Decimal) -> str:
    """A number without needless places or powers of ten: 40, 0.35."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
