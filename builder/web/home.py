"""The first page: what failed, what ran lately, what runs next, what is under way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from builder.actions.triggers.times import zone_of
from builder.clock import SystemClock
from builder.engine.states import TERMINAL, State
from builder.store import executions, flows, processes, triggers
from builder.store.executions import ExecutionItem, Filters
from builder.store.triggers import Trigger
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers.schedule import health

_CLOCK = SystemClock()
_STARTED = _CLOCK.now()
STARTING_SECONDS = 60
"""So long after the pages' own start a worker that is not there yet is likely starting too."""
RECENT = 10


def home(request: HttpRequest) -> HttpResponse:
    """The home page; for `?processes` what it says of them alone."""
    now = _CLOCK.now()
    alive = {
        "workers": processes.alive("worker", now),
        "schedulers": processes.alive("scheduler", now),
        "starting": (now - _STARTED).total_seconds() < STARTING_SECONDS,
    }
    if "processes" in request.GET:
        return render(request, "home/home.html#processes", alive)
    failed = executions.search(Filters(states=(State.FAILED,), since=now - timedelta(days=1)), size=RECENT).items
    today = executions.counts(Filters(since=now - timedelta(days=1)))
    waiting = tuple(state for state in State if state not in TERMINAL)
    context = {
        **alive,
        "has_flows": flows.search(size=1).total > 0,
        "recent": executions.search(Filters(children=False), size=RECENT).items,
        "failed": _with_reasons(failed),
        "alerts": health.alerts(_CLOCK),
        "next": [(trigger, _in_own_zone(trigger)) for trigger in triggers.next_due(SCHEDULES, 5)],
        "under_way": sum(executions.counts(Filters(states=waiting)).values()),
        "succeeded_today": today.get(State.SUCCESS, 0) + today.get(State.WARNING, 0),
        "failed_today": today.get(State.FAILED, 0),
        "demo_model": settings.MILLSTREAM["DEMO_MODEL_STATE"],
    }
    return render(request, "home/home.html", context)


def _with_reasons(failed: Sequence[ExecutionItem]) -> list[ExecutionItem]:
    """What failed in a step says so beside what failed as a whole."""
    found = executions.reasons([item.id for item in failed if not item.message])
    return [replace(item, message=item.message or found.get(item.id, "")) for item in failed]


def _in_own_zone(trigger: Trigger) -> datetime | None:
    """When a trigger fires next, in the zone of its schedule."""
    return trigger.next_at.astimezone(zone_of(trigger)) if trigger.next_at else None
