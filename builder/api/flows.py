"""Flows: create, read, update, delete, and check."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from builder.actions import flows as flow_actions
from builder.actions.flows import Published
from builder.api.flow_json import flow_json, source_of, validation_json
from builder.api.methods import methods
from builder.api.reading import body_json, body_text, flag, name_of, uploaded_texts, whole
from builder.errors import InvalidInput, NotFound
from builder.flows.document import split_documents
from builder.store import flows
from builder.store.gate import write


def create(request: HttpRequest) -> HttpResponseBase:
    """Creates the flow of the body, or several of them (separated by `---`): all or none."""
    parts = _sources(request)
    if len(parts) == 1:
        return JsonResponse(_published(flow_actions.create_flow(parts[0], by=_by(request))))
    with write():
        made = [flow_actions.create_flow(part, by=_by(request)) for part in parts]
    return JsonResponse([_published(one) for one in made], safe=False)


def read(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """The flow; `?source=true` with its text, `?revision=` an older one, `?allowDeleted=true` a deleted one too."""
    found = flows.revision(namespace, flow_id, whole(request, "revision"), allow_deleted=flag(request, "allowDeleted"))
    return JsonResponse(flow_json(found, source=flag(request, "source")))


def update(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Publishes a new text of the flow."""
    parts = _sources(request)
    if len(parts) != 1:
        raise InvalidInput(f"The body holds {len(parts)} flows; send one, or use POST /flows/bulk.")
    return JsonResponse(_published(flow_actions.update_flow(namespace, flow_id, parts[0], by=_by(request))))


def delete(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Deletes the flow; its executions and old revisions stay readable."""
    flow_actions.delete_flow(namespace, flow_id, by=_by(request))
    return HttpResponse(status=204)


def save_all(request: HttpRequest) -> HttpResponseBase:
    """Creates or updates every flow of the body, or of a form's files: all or none."""
    with write():
        made = [flow_actions.save_flow(part, by=_by(request)) for part in _sources(request)]
    return JsonResponse([_published(one) for one in made], safe=False)


def revisions(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """Every text the flow had, oldest first."""
    return JsonResponse([flow_json(one, source=True) for one in flows.revisions(namespace, flow_id)], safe=False)


def validate(request: HttpRequest) -> HttpResponseBase:
    """What is wrong with the flows of the body; stores nothing."""
    found = [flow_actions.validate(part) for part in _sources(request)]
    return JsonResponse(
        [
            validation_json(one, flow_actions.spoken_in(one), index, _latest(one.document.data))
            for index, one in enumerate(found)
        ],
        safe=False,
    )


def _latest(data: Any) -> int | None:
    """The latest revision of the flow that a text says it is."""
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("namespace", "id")):
        return None
    try:
        return flows.get(data["namespace"], data["id"]).revision
    except NotFound:
        return None


def _sources(request: HttpRequest) -> list[str]:
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


def _published(made: Published) -> dict[str, Any]:
    return flow_json(made.revision, source=True)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _switch(request: HttpRequest, disabled: bool) -> HttpResponseBase:
    for namespace, flow_id in _named(request):
        flow_actions.set_disabled(namespace, flow_id, disabled, by=_by(request))
    return JsonResponse({"count": len(_named(request))})


def delete_named(request: HttpRequest) -> HttpResponseBase:
    """Deletes the flows of a list `[{"namespace", "id"}]`."""
    named = _named(request)
    with write():
        for namespace, flow_id in named:
            flow_actions.delete_flow(namespace, flow_id, by=_by(request))
    return JsonResponse({"count": len(named)})


def _named(request: HttpRequest) -> list[tuple[str, str]]:
    value = body_json(request)
    if not isinstance(value, list):
        raise InvalidInput('The body must be a list such as [{"namespace": "team", "id": "hello"}].')
    pairs = []
    for one in value:
        if not isinstance(one, dict):
            raise InvalidInput('Each flow is named by {"namespace": ..., "id": ...}.')
        pairs.append((name_of(one, "namespace"), name_of(one, "id")))
    return pairs


flows_view = methods(POST=create)
flow_view = methods(GET=read, PUT=update, DELETE=delete)
bulk_view = methods(POST=save_all)
revisions_view = methods(GET=revisions)
validate_view = methods(POST=validate)
delete_named_view = methods(DELETE=delete_named)
disable_named_view = methods(POST=lambda request: _switch(request, True))
enable_named_view = methods(POST=lambda request: _switch(request, False))
