"""The last calls of a webhook, and one of them made again; triggers that did not fire as they should."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.api.execution_json import execution_json, instant, origin
from builder.api.methods import methods
from builder.clock import SystemClock
from builder.store import triggers
from builder.store.triggers import calls
from builder.store.triggers.calls import Noted
from builder.triggers.called import webhooks
from builder.triggers.schedule import health
from builder.triggers.schedule.health import Alert

_CLOCK = SystemClock()


def last(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponseBase:
    """What was answered and why, newest first; what the calls brought is shown on the page alone."""
    trigger = triggers.get(namespace, flow_id, trigger_id)
    found = [_noted(call) for call in calls.last([trigger.key])]
    return JsonResponse({"results": found, "total": len(found)})


def _noted(call: Noted) -> dict[str, Any]:
    return {
        "id": call.id, "date": instant(call.received_at), "method": call.method, "size": call.size_bytes,
        "status": call.status, "reason": call.reason or None, "executionId": call.execution_id,
        "repeatable": call.can_be_repeated,
    }  # fmt: skip


def repeat(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str, call_id: str) -> HttpResponseBase:
    """The execution that was started; 204 when a condition did not hold, 202 when the call was gathered."""
    trigger = triggers.get(namespace, flow_id, trigger_id)
    received = webhooks.repeat(trigger, call_id, _CLOCK, by=request.user.get_username())
    if received.gathered is not None:
        return JsonResponse({"status": "buffered", "eventsBuffered": received.gathered}, status=202)
    if received.execution is None:
        return HttpResponse(status=204)
    return JsonResponse(execution_json(received.execution, runs=False, base=origin(request)))


def alerts(request: HttpRequest) -> HttpResponseBase:
    """Those of Home."""
    found = [_alert(one) for one in health.alerts(_CLOCK)]
    return JsonResponse({"results": found, "total": len(found)})


def _alert(one: Alert) -> dict[str, Any]:
    return {
        "namespace": one.trigger.namespace, "flowId": one.trigger.flow_id, "triggerId": one.trigger.id,
        "message": one.words, "count": one.count, "date": instant(one.at) if one.at else None,
        "executionId": one.execution_id,
    }  # fmt: skip


last_view = methods(GET=last)
repeat_view = methods(POST=repeat)
alerts_view = methods(GET=alerts)
