"""Starting an execution: the hot path of the API, so it asks the database for nothing it does not need."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from builder.actions import executions as execution_actions
from builder.api.execution_json import execution_json, origin
from builder.api.executions.following import answer_when_ended
from builder.api.methods import methods
from builder.api.reading import flag, form, labels, moment, whole
from builder.errors import Fault, dotted
from builder.flows.inputs import Resolved, lookup
from builder.flows.model import Input


def create(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """One part of the form an input; `labels=key:value`, `revision`, `scheduleDate`; `wait=true` answers at the end."""
    revision = whole(request, "revision")
    inputs, files = form(request, lambda: execution_actions.inputs_of(namespace, flow_id, revision=revision))
    execution = execution_actions.run(
        namespace, flow_id, inputs, files=files, labels=labels(request), revision=revision,
        schedule_at=moment(request, "scheduleDate"), by=request.user.get_username(),
    )  # fmt: skip
    base = origin(request)
    if flag(request, "wait"):
        return answer_when_ended(execution.id, base)
    return JsonResponse(execution_json(execution, base=base))


def validate(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """What a run with these inputs would get, input by input; stores nothing."""
    revision = whole(request, "revision")
    declared = execution_actions.inputs_of(namespace, flow_id, revision=revision)
    inputs, files = form(request, lambda: declared)
    given = {**inputs, **files}
    found = execution_actions.check_inputs(namespace, flow_id, given, revision=revision)
    failing = execution_actions.failing_checks(namespace, flow_id, given, revision=revision)
    return JsonResponse({
        "id": flow_id, "namespace": namespace, "inputs": inputs_json(declared, found, given),
        "checks": [{"message": one.message, "style": one.style, "behavior": one.behavior} for one in failing],
    })  # fmt: skip


def inputs_json(declared: Sequence[Input], found: Resolved, given: Mapping[str, Any]) -> list[dict[str, object]]:
    """Each input with its value, whether that is its default, and what is wrong with it."""
    return [_input_json(one, found, lookup(given, one.id) is not None) for one in declared]


def _input_json(declared: Input, found: Resolved, is_given: bool) -> dict[str, object]:
    faults: list[Fault] = [fault for fault in found.faults if dotted(fault.path[:1]) == declared.id]
    enabled = declared.id not in found.disabled
    is_secret = declared.type == "SECRET"
    value = lookup(found.values, declared.id) if enabled else None
    return {
        "input": {"id": declared.id, "type": declared.type, "required": declared.required,
                  "displayName": declared.display_name, "description": declared.description, **declared.properties},
        "value": "******" if is_secret and value is not None else value,
        "enabled": enabled,
        "isDefault": value is not None and not is_given,
        "errors": [{"message": fault.message} for fault in faults],
    }  # fmt: skip


create_view = methods(POST=create)
validate_view = methods(POST=validate)
