"""The list of flows, making new ones, and a flow's published texts."""

from difflib import unified_diff

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder.actions import drafts as draft_actions
from builder.actions import flows as flow_actions
from builder.clock import SystemClock
from builder.errors import BuilderError
from builder.schedule import Recover
from builder.store import executions, flows, triggers
from builder.store.flows import Revision, drafts
from builder.tasks.catalogue import catalogue
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers import resuming
from builder.web.parts.comparing import compared
from builder.web.parts.leading import lead_to, recover_of
from builder.web.parts.paging import page_number, query_of
from builder.web.reference.opening import flow_text

_CLOCK = SystemClock()
PAGE_SIZE = 25
BARS = 12
NEW_FLOW = """\
id: {id}
namespace: {namespace}

tasks:
  - id: hello
    type: io.kestra.plugin.core.log.Log
    message: Hello from Millstream
"""


@require_GET
def flow_list(request: HttpRequest) -> HttpResponse:
    """Flows with their last runs as small bars, and when they run next."""
    text, namespace = request.GET.get("q", "").strip(), request.GET.get("namespace", "")
    page = flows.search(text=text, namespace=namespace, page=page_number(request), size=PAGE_SIZE)
    keys = [(item.namespace, item.id) for item in page.items]
    recent = executions.recent_states(keys, BARS)
    upcoming = {
        (trigger.namespace, trigger.flow_id): trigger for trigger in reversed(triggers.next_due(SCHEDULES, 500))
    }
    drafted = drafts.keys()
    rows = [
        {"flow": item, "bars": recent[key], "next": upcoming.get(key), "draft": drafted.get(key)}
        for item, key in zip(page.items, keys, strict=True)
    ]
    unborn = [draft for draft in drafts.listed() if draft.base_revision is None] if page.number == 1 else []
    context = {
        "rows": rows, "page": page, "q": text, "namespace": namespace, "namespaces": flows.namespaces(),
        "unborn": unborn, "query": query_of(request),
    }  # fmt: skip
    return render(
        request, "flow/list.html#rows" if request.headers.get("HX-Target") == "rows" else "flow/list.html", context
    )


@require_http_methods(["GET", "POST"])
def flow_new(request: HttpRequest) -> HttpResponse:
    """Begins a flow: an id and a namespace, then the editor; with the example of a type, if one is named."""
    given = {"id": request.POST.get("id", "").strip(), "namespace": request.POST.get("namespace", "").strip()}
    example = catalogue().find(request.POST.get("example") or request.GET.get("example", ""))
    error = ""
    if request.method == "POST":
        text = NEW_FLOW.format(**given)
        errors = flow_actions.validate(text).errors
        if errors:
            error = errors[0].message
        elif flows.exists(given["namespace"], given["id"]):
            error = f"There is a flow {given['namespace']}.{given['id']} already."
        else:
            text = text if example is None else flow_text(example, given["id"], given["namespace"])
            draft_actions.save_draft(
                given["namespace"], given["id"], text, by=request.user.get_username(), title="new flow"
            )
            return redirect("flow-editor", namespace=given["namespace"], flow_id=given["id"])
    context = {"given": given, "error": error, "namespaces": flows.namespaces(), "example": example}
    return render(request, "flow/new.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def flow_switch(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponse:
    """Switches a flow on or off, by publishing that; asks first what is to become of times that passed, if some did."""
    by, recover = request.user.get_username(), recover_of(request.POST.get("missed"))
    wanted = request.POST.get("on") == "true"
    passed = resuming.passed_before(resuming.switched_on(namespace, flow_id), _CLOCK) if recover is None else []
    if request.method == "GET":
        return render(request, "flow/switch.html", {"flow": flows.get(namespace, flow_id), "passed": passed})
    if wanted and passed:
        return lead_to(request, reverse("flow-switch", args=(namespace, flow_id)))
    if wanted:
        resuming.switch_flow_on(namespace, flow_id, recover or Recover.NONE, _CLOCK, by=by)
    else:
        flow_actions.set_disabled(namespace, flow_id, True, by=by)
    item = flows.get(namespace, flow_id)
    if request.headers.get("HX-Request"):
        return render(request, "flow/_switch.html", {"flow": item})
    return redirect("flows")


@require_POST
def flow_delete(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponse:
    """Deletes a flow; its history stays, and an import of the same text brings it back."""
    flow_actions.delete_flow(namespace, flow_id, by=request.user.get_username())
    messages.success(request, f"Deleted {namespace}.{flow_id}. Its executions stay in the history.")
    return redirect("flows")


@require_GET
def flow_revisions(request: HttpRequest, namespace: str, flow_id: str) -> HttpResponse:
    """All published texts of a flow, newest first, and the difference to the one before."""
    found = flows.revisions(namespace, flow_id)
    rows = [{"revision": new, "changes": _changes(old, new)} for old, new in zip([None, *found], found, strict=False)]
    texts = {str(one.number): one.source for one in found}
    older, newer = request.GET.get("old", ""), request.GET.get("new", "")
    asked = older in texts and newer in texts
    context = {
        "namespace": namespace,
        "flow_id": flow_id,
        "rows": rows[::-1],
        "old": older or str(found[-2].number if len(found) > 1 else ""),
        "new": newer or str(found[-1].number),
        "compared": compared(texts[older], texts[newer]) if asked else None,
    }
    return render(request, "flow/revisions.html", context)


def _changes(old: Revision | None, new: Revision) -> list[tuple[str, str]]:
    """The lines that differ, each with its sign; nothing for the first revision."""
    if old is None:
        return []
    lines = list(unified_diff(old.source.splitlines(), new.source.splitlines(), lineterm="", n=2))[2:]
    return [(line[:1], line[1:]) for line in lines]


@require_POST
def flow_restore(request: HttpRequest, namespace: str, flow_id: str, number: int) -> HttpResponse:
    """Publishes an old text again; schedules that it switches on say what becomes of the times that passed."""
    try:
        published = resuming.save_with(
            flows.revision(namespace, flow_id, number).source, None, _CLOCK,
            by=request.user.get_username(),
            publish=lambda _, by: flow_actions.restore_revision(namespace, flow_id, number, by=by),
        )  # fmt: skip
    except BuilderError as error:
        messages.error(request, error.message)
        return redirect("flow-revisions", namespace=namespace, flow_id=flow_id)
    told = [f"Revision {number} is published again.", *(one.in_words for one in published.resumed)]
    messages.success(request, " ".join(told))
    return redirect("flow-editor", namespace=namespace, flow_id=flow_id)
