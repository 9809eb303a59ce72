"""Triggers of published flows: found, and switched on and off."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions import triggers as trigger_actions
from builder.api.execution_json import instant
from builder.api.filters import filtered
from builder.api.methods import methods
from builder.api.reading import body_json, flag, name_of, page_asked
from builder.errors import InvalidInput
from builder.store import triggers
from builder.store.triggers import Trigger

_MOST = 10_000


def search(request: HttpRequest) -> HttpResponseBase:
    """By `namespace` (with its children), `flowId` and `q`."""
    asked = page_asked(request, {"namespace": "namespace"}, "namespace")
    namespace, flow = request.GET.get("namespace", ""), request.GET.get("flowId", "")
    found = triggers.listed(namespace=namespace, text=request.GET.get("q", ""), limit=_MOST)
    exact = flag(request, "exactNamespace")
    chosen = [one for one in found if flow in ("", one.flow_id) and (not exact or one.namespace == namespace)]
    shown = chosen[asked.first : asked.first + asked.size]
    return JsonResponse({"results": [_record(one) for one in shown], "total": len(chosen)})


def of_flow(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """The triggers of one flow."""
    found = triggers.of_flow(namespace, flow_id)
    return JsonResponse({"results": [_state(one) for one in found], "total": len(found)})


def switch(request: HttpRequest) -> HttpResponseBase:
    """Switches one trigger, `{"namespace", "flowId", "triggerId", "disabled"}`, or a list of them."""
    body = body_json(request)
    switched = [_switched(one) for one in (body if isinstance(body, list) else [body])]
    return JsonResponse(
        [_state(one) for one in switched] if isinstance(body, list) else _state(switched[0]), safe=False
    )


def _switched(asked: Any) -> Trigger:
    if not isinstance(asked, dict) or not isinstance(asked.get("disabled"), bool):
        raise InvalidInput("A trigger is switched by namespace, flowId, triggerId and disabled, true or false.")
    return trigger_actions.set_enabled(
        name_of(asked, "namespace"), name_of(asked, "flowId"), name_of(asked, "triggerId"), not asked["disabled"]
    )


def _record(one: Trigger) -> dict[str, Any]:
    """As Kestra 1 (`abstractTrigger`, `triggerContext`) and 2 (`trigger`, `state`) name it."""
    definition, state = dict(one.definition), _state(one)
    return {"abstractTrigger": definition, "triggerContext": state, "trigger": definition, "state": state}


def _state(one: Trigger) -> dict[str, Any]:
    return {
        "namespace": one.namespace, "flowId": one.flow_id, "triggerId": one.id, "type": one.type,
        "flowRevision": one.revision, "disabled": not one.active, "updatedDate": instant(one.updated_at),
        "date": instant(one.last_at) if one.last_at else None,
        "nextExecutionDate": instant(one.next_at) if one.next_at else None,
        "executionId": one.last_execution_id, "message": one.message or None,
    }  # fmt: skip


search_view = methods(GET=filtered(search))
flow_view = methods(GET=of_flow)
switch_view = methods(PUT=switch, POST=switch)
