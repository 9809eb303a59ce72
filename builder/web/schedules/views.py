"""The list of triggers, the page of each, and what can be done there."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from builder.actions import triggers as trigger_actions
from builder.actions.triggers.times import zone_of
from builder.clock import SystemClock
from builder.engine.states import State
from builder.schedule import Recover, Times
from builder.schedule.coming import Coming, marked
from builder.store import executions, triggers
from builder.store.triggers import Slot, Trigger, calls
from builder.triggers import resuming
from builder.triggers.called import webhooks
from builder.triggers.flow.progress import progress_of
from builder.triggers.schedule import health, timetable
from builder.triggers.schedule.calendar import kind_of
from builder.web.parts.leading import lead_to, recover_of
from builder.web.parts.paging import page_number, query_of
from builder.web.schedules import lines, signing
from builder.web.schedules.showing import shown_call

_CLOCK = SystemClock()
PAGE_SIZE = 25
COMING = 10
SLOTS = 50
PACES = (
    (0, "no wait"),
    (10, "10 seconds"),
    (60, "a minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "an hour"),
)
"""How long a backfill waits between two starts."""
_POLICY = (
    ("interval", "Looks every"),
    ("recoverMissedSchedules", "Makes up for missed times"),
    ("lateMaximumDelay", "Skips when later than"),
    ("stopAfter", "Stops after"),
    ("when", "Only when"),
)


@require_GET
def schedule_list(request: HttpRequest) -> HttpResponse:
    """All triggers with their next five runs in their own zone, and what did not start."""
    text = request.GET.get("q", "").strip()
    page = triggers.search(text, page=page_number(request), size=PAGE_SIZE)
    context = {
        "rows": lines.rows(page.items), "page": page, "query": query_of(request), "q": text,
        "alerts": health.alerts(_CLOCK),
    }  # fmt: skip
    return render(request, "schedule/list.html", context)


@require_http_methods(["GET", "POST"])
def trigger_view(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponse:
    """The page of a trigger; a POST switches it on or off. `?backfill` asks how far that one is."""
    trigger = triggers.get(namespace, flow_id, trigger_id)
    if request.method == "GET" and "backfill" in request.GET:
        return _progress(request, trigger, request.GET["backfill"])
    return _switch(request, trigger) if request.method == "POST" else _page(request, trigger)


def _switch(request: HttpRequest, trigger: Trigger) -> HttpResponse:
    """Switching on asks first what is to become of the times that passed, if some did."""
    wanted, recover = request.POST.get("on") == "true", recover_of(request.POST.get("missed"))
    if wanted and recover is None and resuming.passed_while_off(trigger, _CLOCK) is not None:
        return lead_to(request, reverse("schedule", args=trigger.place) + "#passed")
    if wanted:
        trigger = resuming.switch_on(trigger, recover or Recover.NONE, _CLOCK)
    else:
        trigger = trigger_actions.switch_off(*trigger.place)
    if request.headers.get("HX-Request"):
        return render(request, "schedule/list.html#row", {"row": lines.rows([trigger])[0]})
    return redirect("schedule", *trigger.place)


def _progress(request: HttpRequest, trigger: Trigger, backfill_id: str) -> HttpResponse:
    """How far it is; once it is over, held or gone, the page that asks is shown anew."""
    filling = trigger.backfill
    if filling is None or filling.id != backfill_id or filling.is_over or filling.paused:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "schedule/_backfill.html#progress", {"trigger": trigger, "row": lines.head(trigger)})


def _page(request: HttpRequest, trigger: Trigger) -> HttpResponse:
    past, zone, head = triggers.slots(trigger, SLOTS), zone_of(trigger), lines.head(trigger)
    states = executions.states([slot.execution_id for slot in past if slot.execution_id])
    context = {
        "row": {**head, "held_by": lines.held_by([trigger]).get(trigger.key)},
        "zone": zone.key,
        "trigger": trigger,
        "origin": request.build_absolute_uri("/").rstrip("/"),
        "alerts": health.of_trigger(trigger, _CLOCK),
        "passed": resuming.passed_while_off(trigger, _CLOCK),
        "coming": _coming(trigger, head["times"]),
        "history": [_line(slot, states.get(slot.execution_id or ""), zone) for slot in past],
        "policy": [
            (label, _plain(trigger.definition.get(name))) for name, label in _POLICY if trigger.definition.get(name)
        ],
        "paces": PACES,
        "waits": progress_of(trigger, _CLOCK.now()),
    }
    if trigger.type in webhooks.TYPES:
        context["calls"] = [shown_call(*one) for one in calls.last_with_content([trigger.key, _strays(trigger)])]
        signature = trigger.definition.get("signature")
        context["signature"] = signing.signed_how(signature)
        context["call_line"] = signing.call_line(f"{context['origin']}{head['address']}", signature)
    return render(request, "schedule/page.html", context)


def _strays(trigger: Trigger) -> str:
    return triggers.slot_key(trigger.namespace, trigger.flow_id, "")


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _coming(trigger: Trigger, times: Times | None) -> tuple[Coming, ...]:
    """The next ten that the conditions let through, with the changes of the clocks."""
    if times is None:
        return ()
    return marked(timetable.upcoming(trigger, times, _CLOCK, COMING), times.zone, _CLOCK.now())


def _line(slot: Slot, state: State | None, zone: ZoneInfo) -> dict[str, object]:
    at, made_at = slot.fire_at.astimezone(zone), slot.made_at.astimezone(zone)
    kind = kind_of(slot, state).value
    return {"slot": slot, "at": at, "kind": kind, "state": state, "late_by": made_at - at, "made_at": made_at}
