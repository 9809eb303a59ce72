"""Schedules and other triggers: what runs next, in whose time, and their switches."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from builder.actions import triggers as trigger_actions
from builder.clock import SystemClock
from builder.errors import BuilderError
from builder.schedule import Times
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.triggers import chains, timetable, webhooks
from builder.triggers.conditions import conditions_of
from builder.triggers.opening import is_conditional

_CLOCK = SystemClock()
NEXT = 5


@require_GET
def schedule_list(request: HttpRequest) -> HttpResponse:
    """All triggers with their next five runs in their own zone."""
    text = request.GET.get("q", "").strip()
    rows = [row(trigger) for trigger in triggers.listed(text=text)]
    return render(request, "schedule/list.html", {"rows": rows, "q": text})


@require_POST
def schedule_switch(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponse:
    """Switches one trigger on or off."""
    trigger = trigger_actions.set_enabled(namespace, flow_id, trigger_id, request.POST.get("on") == "true")
    if request.headers.get("HX-Request"):
        return render(request, "schedule/list.html#row", {"row": row(trigger)})
    return redirect("schedules")


def _address(trigger: Trigger) -> str:
    """Where a webhook is called; with the key left out that an expression gives."""
    key = str(trigger.definition.get("key", ""))
    shown = "<key>" if "{{" in key else quote(key, safe="")
    return f"/api/v1/main/executions/webhook/{trigger.namespace}/{trigger.flow_id}/{shown}"


def row(trigger: Trigger) -> dict[str, object]:
    """One line of the page."""
    shown: dict[str, object] = {"trigger": trigger, "slots": triggers.slots(trigger, 5)}
    if trigger.type in webhooks.TYPES:
        return {**shown, "kind": "webhook", "says": "When its address is called", "address": _address(trigger)}
    if trigger.type in chains.TYPES:
        return {**shown, "kind": "flow", "says": _after(trigger)}
    if trigger.type not in timetable.TYPES:
        return {**shown, "kind": "other", "says": trigger.type.rpartition(".")[2]}
    try:
        times = timetable.times_of(trigger, _CLOCK)
    except BuilderError as error:
        return {**shown, "kind": "schedule", "says": error.message}
    moments = timetable.upcoming(trigger, times, _CLOCK, NEXT)
    return {
        **shown, "kind": "schedule", "says": _says(trigger, times), "cron": getattr(times, "text", ""),
        "zone": times.zone.key, "next": [moment.astimezone(times.zone) for moment in moments],
    }  # fmt: skip


def _after(trigger: Trigger) -> str:
    """`After import, on SUCCESS or WARNING`."""
    flows = [str(one["flowId"]) for one in conditions_of(trigger.definition) if one.get("flowId")]
    states = trigger.definition.get("states") or ()
    return f"After {' and '.join(flows) or 'another flow'}" + (f", on {' or '.join(states)}" if states else "")


def _says(trigger: Trigger, times: Times) -> str:
    return times.in_words() + (", when its conditions hold" if is_conditional(trigger) else "")
