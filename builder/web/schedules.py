"""Schedules and other triggers: what runs next, in whose time, and their switches."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from builder.actions import triggers as trigger_actions
from builder.clock import SystemClock
from builder.errors import BuilderError, InvalidInput, NotFound
from builder.schedule import Times
from builder.store import triggers
from builder.store.triggers import Trigger
from builder.triggers import backfilling, timetable
from builder.triggers.called import webhooks
from builder.triggers.conditions import conditions_of
from builder.triggers.flow import chains
from builder.triggers.opening import is_conditional
from builder.triggers.polling import polling_types
from builder.triggers.schedules import running
from builder.web.editor.fields.trigger import webhook_path

_CLOCK = SystemClock()
NEXT = 5


@require_GET
def schedule_list(request: HttpRequest) -> HttpResponse:
    """All triggers with their next five runs in their own zone."""
    text = request.GET.get("q", "").strip()
    rows = [row(trigger) for trigger in triggers.listed(text=text)]
    return render(request, "schedule/list.html", {"rows": rows, "q": text, "origin": _origin(request)})


def _origin(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


@require_POST
def schedule_switch(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponse:
    """Switches one trigger on or off."""
    trigger = trigger_actions.set_enabled(namespace, flow_id, trigger_id, request.POST.get("on") == "true")
    if request.headers.get("HX-Request"):
        return render(request, "schedule/list.html#row", {"row": row(trigger), "origin": _origin(request)})
    return redirect("schedules")


@require_POST
def schedule_act(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponse:
    """Does one thing to a trigger: `verb` says which. What cannot be is told on the page."""
    try:
        _act(request, triggers.get(namespace, flow_id, trigger_id))
    except NotFound:
        raise
    except BuilderError as error:
        messages.error(request, error.message)
    return redirect("schedules")


def _act(request: HttpRequest, trigger: Trigger) -> None:
    verb = request.POST.get("verb", "")
    if verb == "backfill":
        zone = timetable.times_of(trigger, _CLOCK).zone
        start, end = (_moment(request, name, zone) for name in ("start", "end"))
        gaps_only = request.POST.get("gaps") == "on"
        backfilling.begin(trigger, start, min(end, _CLOCK.now()), _CLOCK, gaps_only=gaps_only)
    elif verb in ("pause", "unpause"):
        backfilling.hold(trigger, verb == "pause")
    elif verb == "cancel":
        backfilling.cancel(trigger)
    elif verb == "unlock":
        trigger_actions.unlock(*trigger.place)
    else:
        raise InvalidInput("There is nothing of this name to do to a trigger.")


def _moment(request: HttpRequest, name: str, zone: ZoneInfo) -> datetime:
    """What was typed, in the schedule's own zone unless it says another."""
    try:
        moment = datetime.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        raise InvalidInput("A backfill needs a start and an end, each a date and time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _address(trigger: Trigger) -> str:
    """Where a webhook is called."""
    return webhook_path(trigger.namespace, trigger.flow_id, str(trigger.definition.get("key", "")))


def row(trigger: Trigger) -> dict[str, object]:
    """One line of the page."""
    shown: dict[str, object] = {"trigger": trigger, "slots": triggers.slots(trigger, 5), "held_by": _held_by(trigger)}
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
    filling = trigger.backfill
    return {
        **shown, "kind": "schedule", "says": _says(trigger, times),
        "filled": [at.astimezone(times.zone) for at in (filling.start, filling.end)] if filling else (),
        "cron": getattr(times, "text", ""), "zone": times.zone.key,
        "next": [moment.astimezone(times.zone) for moment in moments],
    }  # fmt: skip


def _held_by(trigger: Trigger) -> str | None:
    """The execution that this trigger waits for, where it is one whose executions do not overlap."""
    return running(trigger) if trigger.type in (*timetable.TYPES, *polling_types()) else None


def _after(trigger: Trigger) -> str:
    """`After import, on SUCCESS or WARNING`."""
    preconditions = trigger.definition.get("preconditions") or {}
    waited_for = [*(trigger.definition.get("dependsOn") or ()), *(preconditions.get("flows") or ())]
    named = [*conditions_of(trigger.definition), *waited_for]
    flows = [str(one["flowId"]) for one in named if one.get("flowId")]
    states = trigger.definition.get("states") or ()
    return f"After {' and '.join(flows) or 'another flow'}" + (f", on {' or '.join(states)}" if states else "")


def _says(trigger: Trigger, times: Times) -> str:
    return times.in_words() + (", when its conditions hold" if is_conditional(trigger) else "")
