"""The first page: what failed, what ran lately, what runs next, what is under way."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from builder.clock import SystemClock
from builder.engine.states import TERMINAL, State
from builder.store import executions, flows, processes, triggers
from builder.store.executions import Filters

_CLOCK = SystemClock()
RECENT = 10


def home(request: HttpRequest) -> HttpResponse:
    """The home page."""
    now = _CLOCK.now()
    today = executions.counts(Filters(since=now - timedelta(days=1)))
    waiting = tuple(state for state in State if state not in TERMINAL)
    context = {
        "has_flows": flows.search(size=1).total > 0,
        "recent": executions.search(Filters(children=False), size=RECENT).items,
        "failed": executions.search(Filters(states=(State.FAILED,), since=now - timedelta(days=1)), size=RECENT).items,
        "next": triggers.next_due(5),
        "under_way": sum(executions.counts(Filters(states=waiting)).values()),
        "succeeded_today": today.get(State.SUCCESS, 0) + today.get(State.WARNING, 0),
        "failed_today": today.get(State.FAILED, 0),
        "workers": len(processes.alive("worker", now)),
        "schedulers": len(processes.alive("scheduler", now)),
        "demo_model": settings.MILLSTREAM["DEMO_MODEL_STATE"],
    }
    return render(request, "home/home.html", context)
