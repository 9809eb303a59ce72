"""The calendar of schedules: a month, a week or a day."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from builder.actions.triggers.times import zone_of
from builder.clock import SystemClock
from builder.schedule import check_zone
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers.schedule.calendar import Kind, calendar

_CLOCK = SystemClock()
VIEWS = ("month", "week", "day")
_FIRST, _LAST = date(1971, 1, 1), date(2999, 1, 1)
_WEEK = timedelta(days=7)


@require_GET
def calendar_view(request: HttpRequest) -> HttpResponse:
    """`view`, `date`, `zone` and `q` say what is shown; what cannot be read is as if it were not there."""
    schedules = triggers.of_types(SCHEDULES, active=False)
    zones = _zones(schedules)
    zone = ZoneInfo(_zone(request.GET.get("zone", ""), zones))
    today = _CLOCK.now().astimezone(zone).date()
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "week"
    day, text = _date(request.GET.get("date", ""), today), request.GET.get("q", "").strip()
    first, count = _span(view, day)
    found = calendar(first, count, zone, _CLOCK, [one for one in schedules if _holds(one, text)])

    def address(to: date, as_: str = view) -> str:
        asked = {"view": as_, "date": to.isoformat(), "zone": zone.key, **({"q": text} if text else {})}
        return f"{reverse('schedule-calendar')}?{urlencode(asked)}"

    before, after = _around(view, day)
    context = {
        "view": view, "day": day, "first": first, "last": first + timedelta(days=count - 1), "today": today,
        "zone": zone.key, "zones": sorted({*zones, zone.key, "UTC"}), "q": text, "is_cut": found.is_cut,
        "forgets_before": found.forgets_before and found.forgets_before.date(),
        "days": [
            {"day": one, "address": address(one.date, "day"),
             "outside": view == "month" and one.date.month != day.month}
            for one in found.days
        ],
        "views": [(one, address(day, one)) for one in VIEWS],
        "before": address(before), "after": address(after), "now": address(today),
        "kinds": [kind.value for kind in Kind],
        "has_schedules": bool(schedules),
    }  # fmt: skip
    return render(request, "schedule/calendar.html", context)


def _span(view: str, day: date) -> tuple[date, int]:
    if view == "day":
        return day, 1
    monday = day - timedelta(days=day.weekday())
    if view == "week":
        return monday, 7
    first = day.replace(day=1)
    start = first - timedelta(days=first.weekday())
    following = (first + timedelta(days=31)).replace(day=1)
    weeks = -((start - following).days // 7)
    return start, 7 * weeks


def _around(view: str, day: date) -> tuple[date, date]:
    """Where "before" and "after" lead."""
    if view == "month":
        first = day.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    step = _WEEK if view == "week" else timedelta(days=1)
    return day - step, day + step


def _date(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(day, _FIRST), _LAST)


def _holds(trigger: Trigger, text: str) -> bool:
    return any(text.casefold() in name.casefold() for name in (trigger.flow_id, trigger.id))


def _zones(schedules: Sequence[Trigger]) -> list[str]:
    """Those that schedules are written in, the most usual first."""
    found = [zone_of(trigger).key for trigger in schedules]
    return sorted(set(found), key=lambda zone: (-found.count(zone), zone))


def _zone(asked: str, zones: list[str]) -> str:
    if asked and check_zone(asked) is None:
        return asked
    return zones[0] if zones else "UTC"
