"""Triggers of published flows: found, and what is known of each."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.api.execution_json import instant
from builder.api.filters import filtered
from builder.api.methods import methods
from builder.api.reading import flag, page_asked
from builder.errors import InvalidInput
from builder.store import triggers
from builder.store.triggers import Trigger, history
from builder.store.triggers.backfills import Backfill

_MOST = 10_000
QUERY = ("q", "namespace", "flowId", "triggerId", "exactNamespace")
"""What a search finds triggers by."""


def search(request: HttpRequest) -> HttpResponseBase:
    """By `namespace` (with its children), `flowId`, `triggerId` and `q`."""
    asked = page_asked(request, {"namespace": "namespace"}, "namespace")
    chosen = found_by(request)
    shown = chosen[asked.first : asked.first + asked.size]
    return JsonResponse({"results": [_record(*one) for one in _with_states(shown)], "total": len(chosen)})


def found_by(request: HttpRequest) -> list[Trigger]:
    """All triggers that the query means."""
    namespace, flow = request.GET.get("namespace", ""), request.GET.get("flowId", "")
    trigger, exact = request.GET.get("triggerId", ""), flag(request, "exactNamespace")
    found = triggers.listed(namespace=namespace, text=request.GET.get("q", ""), limit=_MOST)
    return [
        one
        for one in found
        if flow in ("", one.flow_id) and trigger in ("", one.id) and (not exact or one.namespace == namespace)
    ]


def of_flow(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """The triggers of one flow."""
    found = triggers.of_flow(namespace, flow_id)
    return JsonResponse({"results": [state for _, state in _with_states(found)], "total": len(found)})


def slots(request: HttpRequest, namespace: str, flow_id: str, trigger_id: str) -> HttpResponseBase:
    """The last moments it had to start at, newest first, and what came of each."""
    size = int(request.GET.get("size", "50") or 50) if request.GET.get("size", "50").isdecimal() else 0
    if not 1 <= size <= 1000:
        raise InvalidInput("size is a number from 1 to 1000.")
    found = triggers.slots(triggers.get(namespace, flow_id, trigger_id), size)
    listed = [
        {
            "date": instant(one.fire_at), "state": one.state, "executionId": one.execution_id, "reason": one.reason,
            "madeAt": instant(one.made_at), "backfill": one.by_backfill,
        }
        for one in found
    ]  # fmt: skip
    return JsonResponse({"results": listed, "total": len(listed)})


def _record(one: Trigger, state: dict[str, Any]) -> dict[str, Any]:
    """As Kestra 1 (`abstractTrigger`, `triggerContext`) and 2 (`trigger`, `state`) name it."""
    definition = dict(one.definition)
    return {"abstractTrigger": definition, "triggerContext": state, "trigger": definition, "state": state}


def state_json(one: Trigger) -> dict[str, Any]:
    """What is known of a trigger, under the names of Kestra 1 and 2."""
    ((_, state),) = _with_states([one])
    return state


def _with_states(listed: Sequence[Trigger]) -> list[tuple[Trigger, dict[str, Any]]]:
    """The same of several, each with its trigger."""
    still = history.running_among([one.last_execution_id for one in listed if one.last_execution_id])
    return [(one, _state(one, is_locked=one.last_execution_id in still)) for one in listed]


def _state(one: Trigger, *, is_locked: bool) -> dict[str, Any]:
    last, coming = (instant(at) if at else None for at in (one.last_at, one.next_at))
    return {
        "namespace": one.namespace, "flowId": one.flow_id, "triggerId": one.id, "type": one.type,
        "flowRevision": one.revision, "disabled": not one.active, "updatedDate": instant(one.updated_at),
        "updatedAt": instant(one.updated_at), "date": last, "lastTriggeredDate": last,
        "nextExecutionDate": coming, "nextEvaluationDate": coming, "executionId": one.last_execution_id,
        "locked": is_locked, "stopAfter": one.definition.get("stopAfter"),
        "backfill": None if one.backfill is None or one.backfill.is_over else _backfill(one, one.backfill),
        "message": one.off_reason or one.message or None, "failures": one.failures,
        "failingSince": instant(one.failing_since) if one.failing_since else None,
    }  # fmt: skip


def _backfill(trigger: Trigger, one: Backfill) -> dict[str, Any]:
    return {
        "start": instant(one.start), "end": instant(one.end), "currentDate": instant(one.at or one.start),
        "paused": one.paused, "inputs": dict(one.inputs), "gapsOnly": one.gaps_only, "paceSeconds": one.pace_seconds,
        "labels": [{"key": key, "value": value} for key, value in one.labels],
        "total": one.total, "started": one.started, "passed": one.passed,
        "message": trigger.backfill_message or None,
    }  # fmt: skip


search_view = methods(GET=filtered(search))
flow_view = methods(GET=of_flow)
slots_view = methods(GET=slots)
