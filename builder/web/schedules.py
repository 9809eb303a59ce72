"""Schedules and other triggers: what runs next, in whose time, and their switches."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from builder.actions import triggers as trigger_actions
from builder.clock import SystemClock
from builder.errors import InvalidInput
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.triggers import schedules, webhooks

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
    if trigger.type not in schedules.TYPES:
        return {**shown, "kind": "other", "says": trigger.type.rpartition(".")[2]}
    try:
        cron = schedules.cron_of(trigger.definition)
    except InvalidInput as error:
        return {**shown, "kind": "schedule", "says": error.message}
    moments = schedules.upcoming(trigger, _CLOCK.now(), NEXT)
    return {
        **shown, "kind": "schedule", "says": cron.in_words(), "cron": cron.text, "zone": cron.zone.key,
        "next": [moment.astimezone(cron.zone) for moment in moments],
    }  # fmt: skip
