"""Flows: create, read, update, delete, and check."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.actions import flows as flow_actions
from builder.actions.flows import Published
from builder.actions.triggers.pauses import Resumed
from builder.api.execution_json import instant
from builder.api.flows.record import constraints, flow_json, source_of, validation_json
from builder.api.methods import methods
from builder.api.reading import body_json, body_text, flag, recover_of, uploaded_texts, whole
from builder.clock import SystemClock
from builder.errors import Conflict, InvalidInput, NotFound
from builder.flows.document import parse, split_documents
from builder.schedule import Recover
from builder.store import flows
from builder.store.flows import purging
from builder.triggers.resuming import save_with

_CLOCK = SystemClock()
_ANY_TASK = {"id": "step", "type": "io.kestra.plugin.core.log.Log", "message": "x"}


def create(request: HttpRequest) -> HttpResponseBase:
    """Creates the flow of the body, or several of them (separated by `---`): all or none."""
    parts = sources(request)
    if len(parts) == 1:
        return JsonResponse(published(flow_actions.create_flow(parts[0], by=by(request))))
    made = flow_actions.save_flows(parts, partial(flow_actions.create_flow, by=by(request)))
    return JsonResponse([published(one) for one in made], safe=False)


def read(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """The flow; `?source=true` with its text, `?revision=` an older one, `?allowDeleted=true` a deleted one too."""
    found = flows.revision(namespace, flow_id, whole(request, "revision"), allow_deleted=flag(request, "allowDeleted"))
    return JsonResponse(flow_json(found, source=flag(request, "source")))


def update(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Publishes a new text of the flow; `?recoverMissedSchedules=` is for schedules that it switches on again."""
    parts = sources(request)
    if len(parts) != 1:
        raise InvalidInput(f"The body holds {len(parts)} flows; send one, or use POST /flows/bulk.")
    made = save_with(
        parts[0], asked_recover(request), _CLOCK, by=by(request),
        publish=partial(flow_actions.update_flow, namespace, flow_id),
    )  # fmt: skip
    return JsonResponse(published(made))


def delete(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Deletes the flow; its executions and old revisions stay readable."""
    flow_actions.delete_flow(namespace, flow_id, by=by(request))
    return HttpResponse(status=204)


def revisions(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Every text the flow had, oldest first."""
    return JsonResponse([flow_json(one, source=True) for one in flows.revisions(namespace, flow_id)], safe=False)


def delete_revisions(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Deletes the revisions of `?revisions=1,2`; not the latest, nor those that executions ran."""
    written = [part for given in request.GET.getlist("revisions") for part in given.split(",") if part.strip()]
    if not written or not all(part.strip().isdecimal() for part in written):
        raise InvalidInput("revisions: name the revisions to delete, as in ?revisions=1,2.")
    wanted = sorted({int(part) for part in written if len(part) < 10})
    gone = purging.delete(namespace, flow_id, wanted)
    if kept := [number for number in wanted if number not in gone]:
        raise Conflict(
            f"Revision {', '.join(map(str, kept))} of the flow `{namespace}.{flow_id}` is its latest, was run by an "
            f"execution that is kept, or is not there; {len(gone)} others were deleted."
        )
    return HttpResponse(status=204)


def validate(request: HttpRequest) -> HttpResponseBase:
    """What is wrong with the flows of the body; stores nothing."""
    found = flow_actions.validate_all(sources(request))
    return JsonResponse(
        [
            validation_json(one, flow_actions.spoken_in(one), index, _latest(one.document.data))
            for index, one in enumerate(found)
        ],
        safe=False,
    )


def validate_part(request: HttpRequest, key: str) -> HttpResponseBase:
    """What is wrong with one task or trigger, the body (YAML or JSON), as a part of a flow."""
    written = body_json(request) if request.content_type == "application/json" else parse(body_text(request)).data
    if not isinstance(written, dict):
        raise InvalidInput("The body must be one task or trigger: a map with id and type.")
    part = {"id": "flow", "namespace": "company.team", "tasks": [_ANY_TASK], "inputs": []} | {key: [written]}
    found = flow_actions.validate(source_of(part))
    errors = [replace(one, path=one.path[2:]) for one in found.errors if one.path[:2] == (key, 0)]
    return JsonResponse({
        "index": 0, "constraints": constraints(tuple(errors)) if errors else None, "outdated": False,
        "deprecationPaths": [], "warnings": [], "infos": [],
    })  # fmt: skip


def _validate_task(request: HttpRequest) -> HttpResponseBase:
    """`?section=triggers` checks a trigger."""
    section = request.GET.get("section", "tasks").lower()
    return validate_part(request, "triggers" if section.startswith("trigger") else "tasks")


def _latest(data: Any) -> int | None:
    """The latest revision of the flow that a text says it is."""
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("namespace", "id")):
        return None
    try:
        return flows.get(data["namespace"], data["id"]).revision
    except NotFound:
        return None


def sources(request: HttpRequest) -> list[str]:
    """The flows of the body: YAML, several separated by `---`, or one (or a list of them) as JSON."""
    if request.content_type == "application/json":
        value = body_json(request)
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(one, dict) for one in given):
            raise InvalidInput("A flow in JSON is an object with id, namespace and tasks.")
        return [source_of(one) for one in given]
    if request.content_type == "multipart/form-data":
        return [part for text in uploaded_texts(request) for part in split_documents(text)]
    return split_documents(body_text(request)) or [""]


def published(made: Published) -> dict[str, Any]:
    """`missedSchedules`: the schedules that it switched on again, and what becomes of the times that had passed."""
    record = flow_json(made.revision, source=True)
    return {**record, "missedSchedules": [_resumed(one) for one in made.resumed]} if made.resumed else record


def _resumed(one: Resumed) -> dict[str, Any]:
    found = one.passed
    return {
        "triggerId": one.trigger_id, "recoverMissedSchedules": one.recover, "count": found.count, "more": found.more,
        "first": instant(found.moments[0]), "last": instant(found.last), "message": one.in_words,
    }  # fmt: skip


def asked_recover(request: HttpRequest) -> Recover | None:
    """What is to become of times that passed while a schedule was off; None: what the schedule itself says."""
    return recover_of(request.GET.get("recoverMissedSchedules"))


def by(request: HttpRequest) -> str:
    return request.user.get_username()


flows_view = methods(POST=create)
flow_view = methods(GET=read, PUT=update, DELETE=delete)
revisions_view = methods(GET=revisions, DELETE=delete_revisions)
validate_view = methods(POST=validate)
validate_task_view = methods(POST=_validate_task)
validate_trigger_view = methods(POST=lambda request: validate_part(request, "triggers"))
