"""The run dialog: a form of the flow's inputs, filled with the values of the last time, and the start itself."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from builder.actions import drafts, executions
from builder.errors import InvalidFlow, InvalidInput, dotted
from builder.flows.inputs.form_fields import FormField, form_fields
from builder.web.execution.demands import SHADES
from builder.web.parts.input_form import Group, check_json, given_files, given_values, input_groups, kept_values


@require_http_methods(["GET", "POST"])
def dialog(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponseBase:
    """GET: the form (`?draft=1` for the draft's inputs). POST: starts the execution and goes to its page."""
    opened = drafts.open_draft(namespace, flow_id)
    draft = (request.POST if request.method == "POST" else request.GET).get("draft") == "1" or opened.revision is None
    shown: dict[str, Any] = {"namespace": namespace, "flow_id": flow_id, "opened": opened, "draft": draft}
    try:
        fields = form_fields(executions.inputs_of(namespace, flow_id, draft=draft))
    except InvalidFlow as error:
        return render(request, "flow/_run.html", {**shown, "problems": error.problems})
    if request.method == "GET":
        return _form(request, shown, fields, request.session.get(_key(namespace, flow_id), {}), {})
    given = given_values(request.POST, fields)
    request.session[_key(namespace, flow_id)] = kept_values(fields, given)
    files = given_files(request, fields)
    try:
        execution = executions.run(namespace, flow_id, given, draft=draft, files=files, by=request.user.get_username())
    except InvalidInput as error:
        faults = {dotted(fault.path[:1]): fault.message for fault in error.faults}
        return _form(request, shown, fields, given, faults)
    return _go(request, namespace, flow_id, execution.id)


@require_POST
def check(request: HttpRequest, namespace: str, flow_id: str) -> JsonResponse:
    """What the form must know after a value changed: what is asked for now, and what is wrong."""
    draft = request.POST.get("draft") == "1"
    fields = form_fields(executions.inputs_of(namespace, flow_id, draft=draft))
    given = {**given_values(request.POST, fields), **given_files(request, fields)}
    return JsonResponse(check_json(fields, executions.check_inputs(namespace, flow_id, given, draft=draft)))


def _key(namespace: str, flow_id: str) -> str:
    return f"inputs:{namespace}.{flow_id}"


def _form(
    request: HttpRequest,
    shown: Mapping[str, Any],
    fields: list[FormField],
    values: Mapping[str, Any],
    faults: Mapping[str, str],
) -> HttpResponse:
    # A link on a stranger's page shows the form, and no more: what its inputs ask others may do something there.
    asks = request.method == "POST" or request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
    where, draft = (shown["namespace"], shown["flow_id"]), shown["draft"]
    found = executions.check_inputs(*where, values, draft=draft, asks=asks)
    groups = input_groups(fields, values, faults, found)
    own = {one.id for one in fields}
    failing = executions.failing_checks(*where, _filled(groups), draft=draft, asks=asks)
    said = [{"text": one.message, "shade": SHADES.get(one.style, "")} for one in failing]
    general = [text for name, text in faults.items() if name not in own and not said]
    status = 422 if faults else 200
    context = {**shown, "groups": groups, "general": general, "said": said}
    return render(request, "flow/_run.html", context, status=status)


def _filled(groups: Sequence[Group]) -> dict[str, Any]:
    """What the form shows, as far as it is filled in."""
    return {row.name: row.value for group in groups for row in group.rows if row.value not in (None, "")}


def _go(request: HttpRequest, namespace: str, flow_id: str, execution_id: str) -> HttpResponseBase:
    """To the execution's page; a page with scripts shows it beside the editor instead."""
    if not request.headers.get("HX-Request"):
        return redirect("execution", execution_id)
    started = {
        "follow": reverse("execution-follow", args=[execution_id]),
        "beside": reverse("flow-editor-beside", args=[namespace, flow_id, execution_id]),
    }
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"editor:run": started})
    return response
