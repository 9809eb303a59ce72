"""The editor's page and the address its scripts post changes to."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from builder.actions import drafts, flows
from builder.clock import SystemClock
from builder.errors import InvalidInput, Path, StaleRevision
from builder.flows.catalogue import Kind
from builder.flows.document import parse_kept
from builder.schedule import Recover
from builder.store import flows as stored
from builder.tasks.catalogue import catalogue
from builder.triggers import resuming
from builder.web.editor.changes import edit_of
from builder.web.editor.fields.declared import INPUT_TYPES, OUTPUT_TYPES
from builder.web.editor.fields.trigger import zones
from builder.web.editor.state import answer, context, digest, facts
from builder.web.editor.steps.adding import offered, often
from builder.web.editor.steps.graph import look_of_change, look_of_page
from builder.web.editor.steps.outline import walk
from builder.web.parts.comparing import compared
from builder.web.parts.leading import recover_of
from builder.web.paths import path_of

_CLOCK = SystemClock()
MOST_NAMES = 500
"""How many flows a field that asks for one lists; any other can be typed."""


@require_GET
def page(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponse:
    """The whole editor; `?step=` names the step that is chosen at first."""
    look = look_of_page(request)
    shown = context(request, namespace, flow_id, (), look)
    wanted = request.GET.get("step", "")
    for step in walk(shown["branches"] or ()):
        if wanted and step.id == wanted:
            shown = context(request, namespace, flow_id, step.path, look)
            break
    known = catalogue()
    shown |= {
        "often": often(known),
        "task_types": offered(known, Kind.TASK),
        "trigger_types": offered(known, Kind.TRIGGER),
        "input_types": INPUT_TYPES,
        "output_types": OUTPUT_TYPES,
        "zones": zones(),
        "flow_names": sorted({item.id for item in stored.search(size=MOST_NAMES).items}),
        "namespace_names": stored.namespaces(),
        "facts": facts(shown),
    }
    return render(request, "flow/editor.html", shown)


@require_POST
def change(request: HttpRequest, namespace: str, flow_id: str) -> JsonResponse:
    """One change of the draft, or another choice. Answers with what must be shown now."""
    body = _body(request)
    verb, by = str(body.get("do")), request.user.get_username()
    chosen, look, known_text = path_of(body.get("chosen", [])), look_of_change(body), None
    if verb in ("undo", "redo"):
        (drafts.undo_draft if verb == "undo" else drafts.redo_draft)(namespace, flow_id, by=by)
    elif verb != "choose":
        before = drafts.open_draft(namespace, flow_id).text
        if body.get("base") != digest(before) and not body.get("force"):
            return JsonResponse(
                {"conflict": True, **answer(request, context(request, namespace, flow_id, chosen, look), None)}
            )
        if verb == "text":
            known_text = str(body.get("text", ""))
            drafts.save_draft(namespace, flow_id, known_text, by=by)
        else:
            return _form_change(request, namespace, flow_id, body, before, chosen)
    elif body.get("base") == digest(drafts.open_draft(namespace, flow_id).text):
        known_text = drafts.open_draft(namespace, flow_id).text
    return JsonResponse(answer(request, context(request, namespace, flow_id, chosen, look), known_text))


def _form_change(
    request: HttpRequest,
    namespace: str,
    flow_id: str,
    body: Mapping[str, Any],
    before: str,
    chosen: Path,
) -> JsonResponse:
    look = look_of_change(body)
    try:
        edit, choice = edit_of(body, parse_kept(before).data)
        done = drafts.edit_draft(namespace, flow_id, edit, by=request.user.get_username())
    except InvalidInput as error:
        shown = answer(request, context(request, namespace, flow_id, chosen, look), before)
        return JsonResponse({"refused": error.message, **shown})
    now_chosen = chosen if choice is None else choice
    shown = answer(request, context(request, namespace, flow_id, now_chosen, look), None)
    return JsonResponse({**shown, "changed": done.edited.changed, "rewritten": done.edited.rewritten})


@require_POST
def publish(request: HttpRequest, namespace: str, flow_id: str) -> JsonResponse:
    """Publishes the draft; when somebody else did so meanwhile, both texts come back to be compared.

    One that switches schedules on asks first what is to become of the times that passed.
    """
    body = _body(request)
    by = request.user.get_username()
    opened = drafts.open_draft(namespace, flow_id)
    if opened.draft is None or not opened.changed:
        return JsonResponse({"message": "There is nothing to publish: the draft is the published text."})
    try:
        base = opened.revision if body.get("over") else None
        recover, flow = recover_of(body.get("missed")), flows.validate(opened.text).flow
        if recover is None and (passed := resuming.passed_before(flow, _CLOCK)):
            return JsonResponse({"stale": render_to_string("flow/_passed.html", {"passed": passed}, request)})
        published = resuming.publish_with(
            flow, recover or Recover.NONE, _CLOCK,
            lambda: flows.publish(namespace, flow_id, by=by, base_revision=base),
        )  # fmt: skip
    except StaleRevision as error:
        return JsonResponse({"stale": _both(request, opened, error.message)})
    flow = published.flow
    moved = (flow.namespace, flow.id) != (namespace, flow_id)
    chosen = path_of(body.get("chosen", []))
    look = look_of_change(body)
    shown = {} if moved else answer(request, context(request, namespace, flow_id, chosen, look), opened.text)
    merged = f" What was published meanwhile is in it too: {', '.join(published.merged)}." if published.merged else ""
    return JsonResponse(
        {
            **shown,
            "message": f"Published as revision {published.revision.number}.{merged}",
            "go": reverse("flow-editor", args=[flow.namespace, flow.id]) if moved else None,
        }
    )


def _both(request: HttpRequest, opened: drafts.Opened, message: str) -> str:
    """The draft beside what somebody else published."""
    began = opened.draft.base_revision if opened.draft else None
    shown = {
        "message": message,
        "left_name": f"Published now (revision {opened.revision})",
        "right_name": f"Your draft (began at revision {began})" if began else "Your draft",
        "rows": compared(opened.published, opened.text),
    }
    return render_to_string("flow/_stale.html", shown, request)


@require_POST
def discard(request: HttpRequest, namespace: str, flow_id: str) -> JsonResponse:
    """Puts the draft away, or takes that back."""
    body = _body(request)
    if body.get("back"):
        drafts.restore_draft(namespace, flow_id)
    else:
        drafts.discard_draft(namespace, flow_id)
    return JsonResponse(answer(request, context(request, namespace, flow_id, (), look_of_change(body)), None))


def save_plain(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponse:
    """Saves the YAML without scripts: the page's plain form."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    drafts.save_draft(namespace, flow_id, text, by=request.user.get_username())
    return redirect("flow-editor", namespace=namespace, flow_id=flow_id)


def _body(request: HttpRequest) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The page sent something that cannot be read; reload it.") from error
    if not isinstance(body, dict):
        raise InvalidInput("The page sent something that cannot be read; reload it.")
    return body
